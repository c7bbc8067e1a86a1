"use strict";(self.rspackChunkbyok_widgets=self.rspackChunkbyok_widgets||[]).push([[1],{15(e,o,t){var r=t(16),n=t.n(r),i=t(17),a=(t.n(i))()(n());a.push([e.id,`.byok-side {
  min-width: 0;
  overflow: auto;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.45;
}
.byok-side:focus { outline: none; }

.byok-side-words:not(:empty) { padding: 16px; }
.byok-side-words p { margin: 0 0 12px; overflow-wrap: anywhere; }
.byok-side-words pre {
  margin: 0 0 12px; padding: 8px; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
  border: 1px solid var(--jp-border-color1); border-radius: 4px; background: var(--jp-layout-color2);
  font-family: var(--jp-code-font-family); font-size: var(--jp-code-font-size);
}
.byok-side-words button {
  min-height: 32px; padding: 5px 12px; border: 0; border-radius: 4px; cursor: pointer;
  background: var(--jp-accept-color-normal, #1976d2); color: #fff; font: inherit; font-weight: 600;
}
.byok-side-words button:hover { filter: brightness(0.92); }

/* The panel fills the side bar; it needs a border only in cells. */
.byok-side .byok-panel { max-width: none; margin: 0; border: 0; border-radius: 0; }
.byok-side .byok-side-panel { width: 100%; margin: 0; overflow: visible; }
.byok-side .byok-which { display: flex; flex-direction: column; align-items: stretch; width: auto; height: auto; gap: 4px; margin: 0; padding: 12px 10px 0; }
.byok-side .byok-which .widget-label { width: auto; height: auto; line-height: 1.4; text-align: start; font-weight: 600; color: inherit; }
.byok-side .byok-which select {
  flex: none; width: 100%; min-width: 0; height: auto; min-height: 32px; padding: 5px 8px; text-overflow: ellipsis; appearance: auto;
  border: 1px solid var(--jp-input-border-color); border-radius: 4px; background: var(--jp-layout-color1); color: inherit; font: inherit;
}
/* Where a browser can, the whole name of a flow is shown, in the field and in the list. */
@supports (appearance: base-select) {
  .byok-side .byok-which select, .byok-side .byok-which select::picker(select) { appearance: base-select; }
  .byok-side .byok-which select { align-items: center; justify-content: space-between; gap: 8px; text-align: start; }
  .byok-side .byok-which select::picker(select) {
    max-width: 90vw; margin-top: 2px; padding: 2px; border: 1px solid var(--jp-border-color1); border-radius: 4px;
    background: var(--jp-layout-color1); color: var(--jp-ui-font-color1); box-shadow: var(--jp-elevation-z4);
  }
  .byok-side .byok-which option { padding: 5px 8px; }
  .byok-side .byok-which :is(select, option):is(select, option, #byok-never) { white-space: normal; word-break: normal; overflow-wrap: anywhere; }
}
.byok-side :is(select, button):focus-visible { outline: 2px solid var(--jp-focus-outline-color, #1976d2); outline-offset: 1px; }

/* Wide enough for the longest name of a provider; a person can make it wider, and a small window stays usable. */
.byok-side { min-width: min(300px, 60vw); }
.byok-side .byok-panel { padding: 12px 10px; }
`,""]),t.d(o,{},{A:a})},17(e){e.exports=function(e){var o=[];return o.toString=function(){return this.map(function(o){var t="",r=void 0!==o[5];return o[4]&&(t+="@supports (".concat(o[4],") {")),o[2]&&(t+="@media ".concat(o[2]," {")),r&&(t+="@layer".concat(o[5].length>0?" ".concat(o[5]):""," {")),t+=e(o),r&&(t+="}"),o[2]&&(t+="}"),o[4]&&(t+="}"),t}).join("")},o.i=function(e,t,r,n,i){"string"==typeof e&&(e=[[null,e,void 0]]);var a={};if(r)for(var s=0;s<this.length;s++){var c=this[s][0];null!=c&&(a[c]=!0)}for(var p=0;p<e.length;p++){var l=[].concat(e[p]);r&&a[l[0]]||(void 0!==i&&(void 0===l[5]||(l[1]="@layer".concat(l[5].length>0?" ".concat(l[5]):""," {").concat(l[1],"}")),l[5]=i),t&&(l[2]&&(l[1]="@media ".concat(l[2]," {").concat(l[1],"}")),l[2]=t),n&&(l[4]?(l[1]="@supports (".concat(l[4],") {").concat(l[1],"}"),l[4]=n):l[4]="".concat(n)),o.push(l))}},o}},16(e){e.exports=function(e){return e[1]}},9(e){var o=[];function t(e){for(var t=-1,r=0;r<o.length;r++)if(o[r].identifier===e){t=r;break}return t}function r(e,r){for(var n={},i=[],a=0;a<e.length;a++){var s=e[a],c=r.base?s[0]+r.base:s[0],p=n[c]||0,l="".concat(c," ").concat(p);n[c]=p+1;var d=t(l),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==d)o[d].references++,o[d].updater(u);else{var h=function(e,o){var t=o.domAPI(o);return t.update(e),function(o){o?(o.css!==e.css||o.media!==e.media||o.sourceMap!==e.sourceMap||o.supports!==e.supports||o.layer!==e.layer)&&t.update(e=o):t.remove()}}(u,r);r.byIndex=a,o.splice(a,0,{identifier:l,updater:h,references:1})}i.push(l)}return i}e.exports=function(e,n){var i=r(e=e||[],n=n||{});return function(e){e=e||[];for(var a=0;a<i.length;a++){var s=t(i[a]);o[s].references--}for(var c=r(e,n),p=0;p<i.length;p++){var l=t(i[p]);0===o[l].references&&(o[l].updater(),o.splice(l,1))}i=c}}},11(e){var o={};e.exports=function(e,t){var r=function(e){if(void 0===o[e]){var t=document.querySelector(e);if(window.HTMLIFrameElement&&t instanceof window.HTMLIFrameElement)try{t=t.contentDocument.head}catch(e){t=null}o[e]=t}return o[e]}(e);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(t)}},13(e){e.exports=function(e){var o=document.createElement("style");return e.setAttributes(o,e.attributes),e.insert(o,e.options),o}},12(e,o,t){e.exports=function(e){var o=t.nc;o&&e.setAttribute("nonce",o)}},10(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var o=e.insertStyleElement(e);return{update:function(t){var r,n,i;r="",t.supports&&(r+="@supports (".concat(t.supports,") {")),t.media&&(r+="@media ".concat(t.media," {")),(n=void 0!==t.layer)&&(r+="@layer".concat(t.layer.length>0?" ".concat(t.layer):""," {")),r+=t.css,n&&(r+="}"),t.media&&(r+="}"),t.supports&&(r+="}"),(i=t.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(i))))," */")),e.styleTagTransform(r,o,e.options)},remove:function(){var e;null===(e=o).parentNode||e.parentNode.removeChild(e)}}}},14(e){e.exports=function(e,o){if(o.styleSheet)o.styleSheet.cssText=e;else{for(;o.firstChild;)o.removeChild(o.firstChild);o.appendChild(document.createTextNode(e))}}},8(e,o,t){var r=t(9),n=t.n(r),i=t(10),a=t.n(i),s=t(11),c=t.n(s),p=t(12),l=t.n(p),d=t(13),u=t.n(d),h=t(14),f=t.n(h),b=t(15),y={};y.styleTagTransform=f(),y.setAttributes=l(),y.insert=c().bind(null,"head"),y.domAPI=a(),y.insertStyleElement=u(),n()(b.A,y),b.A&&b.A.locals&&b.A.locals}}]);