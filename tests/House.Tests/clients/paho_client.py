"""A terminal in Python: python3 paho_client.py tcp|tls|ws PORT 3|5 SERIAL COUNT CA. Publishes, waits for every PUBACK, prints "acknowledged N"."""
import json
import sys
import time

import paho.mqtt.client as mqtt

way, port, version, serial, count, ca = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6]
protocol = mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311
subscribed = []

client = mqtt.Client(client_id=serial, protocol=protocol, transport="websockets" if way == "ws" else "tcp")
if way == "tls":
    client.tls_set(ca)
client.on_subscribe = lambda *arguments: subscribed.append(arguments[3])
client.connect("localhost", port)
client.loop_start()
client.subscribe(f"fleet/v1/{serial}/command", qos=1)

acknowledged = 0
for seq in range(1, count + 1):
    report = {"at": int(time.time() * 1000), "seq": seq, "heartbeat": {"uptime": 60 * seq, "interval": 60}}
    message = client.publish(f"fleet/v1/{serial}/report", json.dumps(report), qos=1)
    message.wait_for_publish(10)
    acknowledged += message.is_published()
    time.sleep(0.002)

deadline = time.monotonic() + 10
while not subscribed and time.monotonic() < deadline:
    time.sleep(0.05)
# 3.1.1 gives granted QoS numbers, 5 reason codes with a value.
granted = [getattr(code, "value", code) for code in subscribed[0]] if subscribed else []
print(f"acknowledged {acknowledged}, subscribed {granted}")
client.disconnect()
client.loop_stop()
sys.exit(0 if acknowledged == count and granted == [1] else 1)
