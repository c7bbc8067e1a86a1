// The usual ids of modules depend on the folder of the build; these do not, so that anybody can build the same bytes.
module.exports = { optimization: { moduleIds: 'natural', chunkIds: 'natural' } };
