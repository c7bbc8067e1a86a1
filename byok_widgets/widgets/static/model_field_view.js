
// The field as a widget of its own. The list of nodes has many of them in one.
export default { render: renderModelField };
