// A terminal in Node: node mqttjs_client.js PORT 3|5 SERIAL COUNT, with MQTT.js on NODE_PATH. Prints "acknowledged N".
const mqtt = require('mqtt');

const [port, version, serial, count] = [process.argv[2], Number(process.argv[3]), process.argv[4], Number(process.argv[5])];
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
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
