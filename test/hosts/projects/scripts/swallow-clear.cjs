// Preloaded by a host: a fault that the matrix has to see. No `clear` leaves the host.
const { WebSocket } = require('ws');

const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (data, ...rest) {
  if (!String(data).includes('"clear"')) send.call(this, data, ...rest);
};
