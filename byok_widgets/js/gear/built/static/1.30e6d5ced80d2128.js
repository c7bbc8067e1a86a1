"use strict";(self.rspackChunkbyok_widgets=self.rspackChunkbyok_widgets||[]).push([[1],{15(e,o,r){var t=r(16),n=r.n(t),i=r(17),a=(r.n(i))()(n());a.push([e.id,`.byok-side {
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

/* Below the card of an error. */
.byok-offer button {
  min-height: 32px; margin: 2px 0 6px; padding: 5px 12px; border: 1px solid var(--jp-border-color1); border-radius: 4px; cursor: pointer;
  background: var(--jp-layout-color1); color: var(--jp-ui-font-color1); font: inherit; font-family: var(--jp-ui-font-family);
}
.byok-offer button:hover { background: var(--jp-layout-color2); }
.byok-offer button:focus-visible { outline: 2px solid var(--jp-focus-outline-color, #1976d2); outline-offset: 1px; }
.jp-OutputArea-child:has(+ .jp-OutputArea-child .byok-offer) .jp-RenderedText pre { word-break: normal; overflow-wrap: anywhere; }
`,""]),r.d(o,{},{A:a})},17(e){e.exports=function(e){var o=[];return o.toString=function(){return this.map(function(o){var r="",t=void 0!==o[5];return o[4]&&(r+="@supports (".concat(o[4],") {")),o[2]&&(r+="@media ".concat(o[2]," {")),t&&(r+="@layer".concat(o[5].length>0?" ".concat(o[5]):""," {")),r+=e(o),t&&(r+="}"),o[2]&&(r+="}"),o[4]&&(r+="}"),r}).join("")},o.i=function(e,r,t,n,i){"string"==typeof e&&(e=[[null,e,void 0]]);var a={};if(t)for(var s=0;s<this.length;s++){var p=this[s][0];null!=p&&(a[p]=!0)}for(var c=0;c<e.length;c++){var l=[].concat(e[c]);t&&a[l[0]]||(void 0!==i&&(void 0===l[5]||(l[1]="@layer".concat(l[5].length>0?" ".concat(l[5]):""," {").concat(l[1],"}")),l[5]=i),r&&(l[2]&&(l[1]="@media ".concat(l[2]," {").concat(l[1],"}")),l[2]=r),n&&(l[4]?(l[1]="@supports (".concat(l[4],") {").concat(l[1],"}"),l[4]=n):l[4]="".concat(n)),o.push(l))}},o}},16(e){e.exports=function(e){return e[1]}},9(e){var o=[];function r(e){for(var r=-1,t=0;t<o.length;t++)if(o[t].identifier===e){r=t;break}return r}function t(e,t){for(var n={},i=[],a=0;a<e.length;a++){var s=e[a],p=t.base?s[0]+t.base:s[0],c=n[p]||0,l="".concat(p," ").concat(c);n[p]=c+1;var d=r(l),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==d)o[d].references++,o[d].updater(u);else{var f=function(e,o){var r=o.domAPI(o);return r.update(e),function(o){o?(o.css!==e.css||o.media!==e.media||o.sourceMap!==e.sourceMap||o.supports!==e.supports||o.layer!==e.layer)&&r.update(e=o):r.remove()}}(u,t);t.byIndex=a,o.splice(a,0,{identifier:l,updater:f,references:1})}i.push(l)}return i}e.exports=function(e,n){var i=t(e=e||[],n=n||{});return function(e){e=e||[];for(var a=0;a<i.length;a++){var s=r(i[a]);o[s].references--}for(var p=t(e,n),c=0;c<i.length;c++){var l=r(i[c]);0===o[l].references&&(o[l].updater(),o.splice(l,1))}i=p}}},11(e){var o={};e.exports=function(e,r){var t=function(e){if(void 0===o[e]){var r=document.querySelector(e);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(e){r=null}o[e]=r}return o[e]}(e);if(!t)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");t.appendChild(r)}},13(e){e.exports=function(e){var o=document.createElement("style");return e.setAttributes(o,e.attributes),e.insert(o,e.options),o}},12(e,o,r){e.exports=function(e){var o=r.nc;o&&e.setAttribute("nonce",o)}},10(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var o=e.insertStyleElement(e);return{update:function(r){var t,n,i;t="",r.supports&&(t+="@supports (".concat(r.supports,") {")),r.media&&(t+="@media ".concat(r.media," {")),(n=void 0!==r.layer)&&(t+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),t+=r.css,n&&(t+="}"),r.media&&(t+="}"),r.supports&&(t+="}"),(i=r.sourceMap)&&"u">typeof btoa&&(t+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(i))))," */")),e.styleTagTransform(t,o,e.options)},remove:function(){var e;null===(e=o).parentNode||e.parentNode.removeChild(e)}}}},14(e){e.exports=function(e,o){if(o.styleSheet)o.styleSheet.cssText=e;else{for(;o.firstChild;)o.removeChild(o.firstChild);o.appendChild(document.createTextNode(e))}}},8(e,o,r){var t=r(9),n=r.n(t),i=r(10),a=r.n(i),s=r(11),p=r.n(s),c=r(12),l=r.n(c),d=r(13),u=r.n(d),f=r(14),h=r.n(f),b=r(15),y={};y.styleTagTransform=h(),y.setAttributes=l(),y.insert=p().bind(null,"head"),y.domAPI=a(),y.insertStyleElement=u(),n()(b.A,y),b.A&&b.A.locals&&b.A.locals}}]);