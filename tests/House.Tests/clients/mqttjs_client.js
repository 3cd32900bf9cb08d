// A terminal in Node: node mqttjs_client.js tcp|tls|ws PORT 3|5 SERIAL COUNT CA, with MQTT.js on NODE_PATH. Prints "acknowledged N".
const mqtt = require('mqtt');

const [way, port, version, serial, count, ca] = [process.argv[2], process.argv[3], Number(process.argv[4]), process.argv[5], Number(process.argv[6]), process.argv[7]];
const url = { tcp: `mqtt://127.0.0.1:${port}`, tls: `mqtts://localhost:${port}`, ws: `ws://127.0.0.1:${port}/mqtt` }[way];
const client = mqtt.connect(url, {
  ca: way === 'tls' ? require('fs').readFileSync(ca) : undefined,
  protocolVersion: version === 5 ? 5 : 4,
  clientId: serial,
  reconnectPeriod: 0,
});

async function run() {
  const granted = await client.subscribeAsync(`fleet/v1/${serial}/command`, { qos: 1 });
  let acknowledged = 0;
  for (let seq = 1; seq <= count; seq++) {
    const report = { at: Date.now(), seq, heartbeat: { uptime: 60 * seq, interval: 60 } };
    await client.publishAsync(`fleet/v1/${serial}/report`, JSON.stringify(report), { qos: 1 });
    acknowledged++;
  }
  console.log(`acknowledged ${acknowledged}, subscribed ${granted.map(g => g.qos)}`);
  await client.endAsync();
  process.exit(acknowledged === count && granted[0].qos === 1 ? 0 : 1);
}

client.on('error', failure => { console.error(failure.message); process.exit(1); });
client.on('connect', () => run().catch(failure => { console.error(failure.message); process.exit(1); }));
setTimeout(() => { console.error('no answer in time'); process.exit(1); }, 30000).unref();
