"use strict";(self.rspackChunkbyok_widgets=self.rspackChunkbyok_widgets||[]).push([[1],{15(e,t,o){var r=o(16),n=o.n(r),i=o(17),a=(o.n(i))()(n());a.push([e.id,`.byok-side {
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
.byok-side .byok-which { display: flex; flex-direction: column; align-items: stretch; width: auto; height: auto; gap: 4px; margin: 0; padding: 16px 16px 0; }
.byok-side .byok-which .widget-label { width: auto; height: auto; line-height: 1.4; text-align: start; font-weight: 600; color: inherit; }
.byok-side .byok-which select {
  flex: none; width: 100%; min-width: 0; height: auto; min-height: 32px; padding: 5px 8px; text-overflow: ellipsis; appearance: auto;
  border: 1px solid var(--jp-input-border-color); border-radius: 4px; background: var(--jp-layout-color1); color: inherit; font: inherit;
}
.byok-side :is(select, button):focus-visible { outline: 2px solid var(--jp-focus-outline-color, #1976d2); outline-offset: 1px; }
`,""]),o.d(t,{},{A:a})},17(e){e.exports=function(e){var t=[];return t.toString=function(){return this.map(function(t){var o="",r=void 0!==t[5];return t[4]&&(o+="@supports (".concat(t[4],") {")),t[2]&&(o+="@media ".concat(t[2]," {")),r&&(o+="@layer".concat(t[5].length>0?" ".concat(t[5]):""," {")),o+=e(t),r&&(o+="}"),t[2]&&(o+="}"),t[4]&&(o+="}"),o}).join("")},t.i=function(e,o,r,n,i){"string"==typeof e&&(e=[[null,e,void 0]]);var a={};if(r)for(var s=0;s<this.length;s++){var c=this[s][0];null!=c&&(a[c]=!0)}for(var l=0;l<e.length;l++){var d=[].concat(e[l]);r&&a[d[0]]||(void 0!==i&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=i),o&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=o),n&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=n):d[4]="".concat(n)),t.push(d))}},t}},16(e){e.exports=function(e){return e[1]}},9(e){var t=[];function o(e){for(var o=-1,r=0;r<t.length;r++)if(t[r].identifier===e){o=r;break}return o}function r(e,r){for(var n={},i=[],a=0;a<e.length;a++){var s=e[a],c=r.base?s[0]+r.base:s[0],l=n[c]||0,d="".concat(c," ").concat(l);n[c]=l+1;var p=o(d),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==p)t[p].references++,t[p].updater(u);else{var f=function(e,t){var o=t.domAPI(t);return o.update(e),function(t){t?(t.css!==e.css||t.media!==e.media||t.sourceMap!==e.sourceMap||t.supports!==e.supports||t.layer!==e.layer)&&o.update(e=t):o.remove()}}(u,r);r.byIndex=a,t.splice(a,0,{identifier:d,updater:f,references:1})}i.push(d)}return i}e.exports=function(e,n){var i=r(e=e||[],n=n||{});return function(e){e=e||[];for(var a=0;a<i.length;a++){var s=o(i[a]);t[s].references--}for(var c=r(e,n),l=0;l<i.length;l++){var d=o(i[l]);0===t[d].references&&(t[d].updater(),t.splice(d,1))}i=c}}},11(e){var t={};e.exports=function(e,o){var r=function(e){if(void 0===t[e]){var o=document.querySelector(e);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(e){o=null}t[e]=o}return t[e]}(e);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(o)}},13(e){e.exports=function(e){var t=document.createElement("style");return e.setAttributes(t,e.attributes),e.insert(t,e.options),t}},12(e,t,o){e.exports=function(e){var t=o.nc;t&&e.setAttribute("nonce",t)}},10(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var t=e.insertStyleElement(e);return{update:function(o){var r,n,i;r="",o.supports&&(r+="@supports (".concat(o.supports,") {")),o.media&&(r+="@media ".concat(o.media," {")),(n=void 0!==o.layer)&&(r+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),r+=o.css,n&&(r+="}"),o.media&&(r+="}"),o.supports&&(r+="}"),(i=o.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(i))))," */")),e.styleTagTransform(r,t,e.options)},remove:function(){var e;null===(e=t).parentNode||e.parentNode.removeChild(e)}}}},14(e){e.exports=function(e,t){if(t.styleSheet)t.styleSheet.cssText=e;else{for(;t.firstChild;)t.removeChild(t.firstChild);t.appendChild(document.createTextNode(e))}}},8(e,t,o){var r=o(9),n=o.n(r),i=o(10),a=o.n(i),s=o(11),c=o.n(s),l=o(12),d=o.n(l),p=o(13),u=o.n(p),f=o(14),h=o.n(f),v=o(15),b={};b.styleTagTransform=h(),b.setAttributes=d(),b.insert=c().bind(null,"head"),b.domAPI=a(),b.insertStyleElement=u(),n()(v.A,b),v.A&&v.A.locals&&v.A.locals}}]);