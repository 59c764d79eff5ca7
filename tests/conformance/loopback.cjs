// Confines the suite's own servers, which would listen on every address, to the loopback
// one. At once, since the suite asks for the port in the same breath: so by a handle, for
// an address as a word would be looked up first.
const net = require('node:net');

const { TCP, constants } = process.binding('tcp_wrap');
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (port, ...rest) {
	if (typeof port !== 'number' || typeof rest[0] === 'string')
		return listen.call(this, port, ...rest);
	const handle = new TCP(constants.SERVER);
	if (handle.bind('127.0.0.1', port) !== 0)
		throw new Error(`port ${port} of 127.0.0.1 is taken`);
	return listen.call(this, handle, ...rest.filter((a) => typeof a === 'function'));
};
