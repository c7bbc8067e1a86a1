"use strict";(self.rspackChunkbyok_widgets=self.rspackChunkbyok_widgets||[]).push([[1],{15(e,o,r){var t=r(16),n=r.n(t),a=r(17),i=(r.n(a))()(n());i.push([e.id,`.byok-side {
  min-width: 0;
  overflow: auto;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.45;
}
.byok-side:focus { outline: none; }

.byok-side-notice:not(:empty) { padding: 16px; }
.byok-side-notice p { margin: 0 0 12px; overflow-wrap: anywhere; }
.byok-side-notice pre {
  margin: 0 0 12px; padding: 8px; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
  border: 1px solid var(--jp-border-color1); border-radius: 4px; background: var(--jp-layout-color2);
  font-family: var(--jp-code-font-family); font-size: var(--jp-code-font-size);
}
.byok-side-notice button {
  min-height: 32px; padding: 5px 12px; border: 0; border-radius: 4px; cursor: pointer;
  background: var(--jp-accept-color-normal, #1976d2); color: #fff; font: inherit; font-weight: 600;
}
.byok-side-notice button:hover { filter: brightness(0.92); }

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
  .byok-side .byok-which select::picker-icon { font-size: 0.7em; }
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
.byok-side .byok-key .byok-button { padding-inline: 9px; } /* three of them in a line, beside a scroll bar */

/* Below the card of an error. */
.byok-offer button {
  min-height: 32px; margin: 2px 0 6px; padding: 5px 12px; border: 1px solid var(--jp-border-color1); border-radius: 4px; cursor: pointer;
  background: var(--jp-layout-color1); color: var(--jp-ui-font-color1); font: inherit; font-family: var(--jp-ui-font-family);
}
.byok-offer button:hover { background: var(--jp-layout-color2); }
.byok-offer button:focus-visible { outline: 2px solid var(--jp-focus-outline-color, #1976d2); outline-offset: 1px; }
.jp-OutputArea-child:has(+ .jp-OutputArea-child .byok-offer) .jp-RenderedText pre { word-break: normal; overflow-wrap: anywhere; }

/* The card of an error, in place of its text. */
.jp-OutputArea-child:has(> .jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]):has(+ .jp-OutputArea-child .byok-error-card) { display: none; }
.byok-error-card {
  display: flex; flex-direction: column; align-items: flex-start; gap: 4px; max-width: 90ch; padding: 8px 12px; overflow-wrap: anywhere;
  border-inline-start: 3px solid var(--jp-error-color1); background: var(--jp-rendermime-error-background);
  color: var(--jp-content-font-color1); font-family: var(--jp-ui-font-family); font-size: var(--jp-content-font-size1); line-height: 1.45;
}
.byok-error-card > [data-part] { white-space: pre-line; word-break: normal; }
.byok-error-card > [data-part="problem"] { font-weight: 600; }
.byok-error-card > :is([data-part="where"], [data-part="request_id"], [data-part="traceback"]) { opacity: 0.8; font-size: 0.92em; }
.byok-error-card > [data-part="quote"] { padding-inline-start: 10px; border-inline-start: 2px solid currentcolor; font-style: italic; }
.byok-error-card a { color: inherit; text-decoration: underline; }
.byok-error-card button { margin: 4px 0 2px; }

/* Notebook 7 does not ask what is in its side bar how wide that must be. */
#jp-right-stack:has(.byok-side:not(.lm-mod-hidden)) { min-width: min(300px, 60vw); }
`,""]),r.d(o,{},{A:i})},17(e){e.exports=function(e){var o=[];return o.toString=function(){return this.map(function(o){var r="",t=void 0!==o[5];return o[4]&&(r+="@supports (".concat(o[4],") {")),o[2]&&(r+="@media ".concat(o[2]," {")),t&&(r+="@layer".concat(o[5].length>0?" ".concat(o[5]):""," {")),r+=e(o),t&&(r+="}"),o[2]&&(r+="}"),o[4]&&(r+="}"),r}).join("")},o.i=function(e,r,t,n,a){"string"==typeof e&&(e=[[null,e,void 0]]);var i={};if(t)for(var s=0;s<this.length;s++){var p=this[s][0];null!=p&&(i[p]=!0)}for(var c=0;c<e.length;c++){var d=[].concat(e[c]);t&&i[d[0]]||(void 0!==a&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=a),r&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=r),n&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=n):d[4]="".concat(n)),o.push(d))}},o}},16(e){e.exports=function(e){return e[1]}},9(e){var o=[];function r(e){for(var r=-1,t=0;t<o.length;t++)if(o[t].identifier===e){r=t;break}return r}function t(e,t){for(var n={},a=[],i=0;i<e.length;i++){var s=e[i],p=t.base?s[0]+t.base:s[0],c=n[p]||0,d="".concat(p," ").concat(c);n[p]=c+1;var l=r(d),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==l)o[l].references++,o[l].updater(u);else{var f=function(e,o){var r=o.domAPI(o);return r.update(e),function(o){o?(o.css!==e.css||o.media!==e.media||o.sourceMap!==e.sourceMap||o.supports!==e.supports||o.layer!==e.layer)&&r.update(e=o):r.remove()}}(u,t);t.byIndex=i,o.splice(i,0,{identifier:d,updater:f,references:1})}a.push(d)}return a}e.exports=function(e,n){var a=t(e=e||[],n=n||{});return function(e){e=e||[];for(var i=0;i<a.length;i++){var s=r(a[i]);o[s].references--}for(var p=t(e,n),c=0;c<a.length;c++){var d=r(a[c]);0===o[d].references&&(o[d].updater(),o.splice(d,1))}a=p}}},11(e){var o={};e.exports=function(e,r){var t=function(e){if(void 0===o[e]){var r=document.querySelector(e);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(e){r=null}o[e]=r}return o[e]}(e);if(!t)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");t.appendChild(r)}},13(e){e.exports=function(e){var o=document.createElement("style");return e.setAttributes(o,e.attributes),e.insert(o,e.options),o}},12(e,o,r){e.exports=function(e){var o=r.nc;o&&e.setAttribute("nonce",o)}},10(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var o=e.insertStyleElement(e);return{update:function(r){var t,n,a;t="",r.supports&&(t+="@supports (".concat(r.supports,") {")),r.media&&(t+="@media ".concat(r.media," {")),(n=void 0!==r.layer)&&(t+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),t+=r.css,n&&(t+="}"),r.media&&(t+="}"),r.supports&&(t+="}"),(a=r.sourceMap)&&"u">typeof btoa&&(t+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),e.styleTagTransform(t,o,e.options)},remove:function(){var e;null===(e=o).parentNode||e.parentNode.removeChild(e)}}}},14(e){e.exports=function(e,o){if(o.styleSheet)o.styleSheet.cssText=e;else{for(;o.firstChild;)o.removeChild(o.firstChild);o.appendChild(document.createTextNode(e))}}},8(e,o,r){var t=r(9),n=r.n(t),a=r(10),i=r.n(a),s=r(11),p=r.n(s),c=r(12),d=r.n(c),l=r(13),u=r.n(l),f=r(14),h=r.n(f),b=r(15),y={};y.styleTagTransform=h(),y.setAttributes=d(),y.insert=p().bind(null,"head"),y.domAPI=i(),y.insertStyleElement=u(),n()(b.A,y),b.A&&b.A.locals&&b.A.locals}}]);