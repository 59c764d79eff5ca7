// Confines a server that would listen on every address to the loopback one.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
	if (typeof args[0] === 'number' && typeof args[1] !== 'string')
		return listen.call(this, args[0], '127.0.0.1', ...args.slice(1));
	if ((typeof args[0] === 'string' && /^\d+$/.test(args[0])) && typeof args[1] !== 'string')
		return listen.call(this, Number(args[0]), '127.0.0.1', ...args.slice(1));
	return listen.apply(this, args);
};
