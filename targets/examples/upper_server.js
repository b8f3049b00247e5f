// Answers each line with its upper case. A line is complete when its LF is there, whatever the
// 'data' events brought.
'use strict';
const net = require('node:net');

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      socket.write(rest.subarray(0, end).toString('utf8').toUpperCase() + '\n');
      rest = rest.subarray(end + 1);
    }
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => socket.destroy());
});

process.on('SIGTERM', () => process.exit(0));
server.listen(Number(process.argv[2]), '127.0.0.1');
