// A terminal with a password, and an operator, in Node: node mqttjs_talk.js PORT 3|5 SERIAL PASSWORD, with MQTT.js on NODE_PATH. Ends at the first thing that is not as it should be.
const { deepStrictEqual: equal } = require('assert');
const mqtt = require('mqtt');

const [port, version, serial, password] = process.argv.slice(2);
const [status, report, command] = ['status', 'report', 'command'].map(section => `fleet/v1/${serial}/${section}`);
const body = '{"seq":1,"heartbeat":{"uptime":60,"interval":60}}', restart = '{"id":"1","do":"restart"}';

async function side(clientId, more) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: version === '5' ? 5 : 4, clientId, reconnectPeriod: 0, ...more });
  const heard = [], waiting = [];
  client.on('message', (topic, payload, packet) => {
    heard.push([topic, payload.toString(), packet.qos, packet.retain]);
    waiting.shift()?.();
  });
  return {
    client,
    publish: (topic, payload, qos, retain = false) => client.publishAsync(topic, payload, { qos, retain }),
    subscribe: async (...topics) => equal((await client.subscribeAsync(topics, { qos: 2 })).map(granted => granted.qos), topics.map(() => 2)),
    hears: async (...message) => {
      if (heard.length === 0) await new Promise(come => waiting.push(come));
      equal(heard.shift(), message);
    },
  };
}

async function run() {
  const refused = await side(`${serial}-stranger`, { username: serial, password: 'not the password' }).catch(failure => failure);
  equal(refused.code, version === '5' ? 134 : 4);

  const terminal = await side(serial, { username: serial, password, will: { topic: status, payload: 'offline', qos: 1, retain: true } });
  await terminal.publish(status, 'online', 1, true);
  const operator = await side(`${serial}-operator`);
  await operator.subscribe(status, report);
  await operator.hears(status, 'online', 1, true);

  await terminal.subscribe(command);
  await terminal.publish(report, body, 2);
  await operator.hears(report, body, 2, false);
  await operator.publish(command, restart, 2);
  await terminal.hears(command, restart, 1, false); // a command goes down at QoS 1

  terminal.client.stream.destroy();
  await operator.hears(status, 'offline', 1, false);
  const late = await side(`${serial}-late`);
  await late.subscribe(status);
  await late.hears(status, 'offline', 1, true);
  await Promise.all([late.client.endAsync(), operator.client.endAsync()]);
}

run().then(() => process.exit(0), failure => { console.error(failure); process.exit(1); });
setTimeout(() => { console.error('no answer in time'); process.exit(1); }, 30000).unref();
