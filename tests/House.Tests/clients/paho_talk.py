"""A terminal with a password, and an operator, in Python: python3 paho_talk.py PORT 3|5 SERIAL PASSWORD. Ends at the first thing that is not as it should be."""
import queue
import socket
import sys

import paho.mqtt.client as mqtt

port, version, serial, password = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
status, report, command = (f"fleet/v1/{serial}/{section}" for section in ("status", "report", "command"))
body = '{"seq":1,"heartbeat":{"uptime":60,"interval":60}}'
restart = '{"id":"1","do":"restart"}'


class Side:
    def __init__(self, client_id, password=None, will=False):
        self.answers, self.granted, self.heard = queue.Queue(), queue.Queue(), queue.Queue()
        self.client = mqtt.Client(client_id=client_id, protocol=mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311)
        if password:
            self.client.username_pw_set(serial, password)
        if will:
            self.client.will_set(status, "offline", qos=1, retain=True)
        # 3.1.1 gives numbers, 5 reason codes with a value.
        self.client.on_connect = lambda client, data, flags, code, *more: self.answers.put(getattr(code, "value", code))
        self.client.on_subscribe = lambda client, data, mid, codes, *more: self.granted.put([getattr(code, "value", code) for code in codes])
        self.client.on_message = lambda client, data, message: self.heard.put((message.topic, message.payload.decode(), message.qos, bool(message.retain)))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def publish(self, topic, payload, qos, retain=False):
        message = self.client.publish(topic, payload, qos=qos, retain=retain)
        message.wait_for_publish(10)
        expect(True, message.is_published())

    def subscribe(self, *topics):
        self.client.subscribe([(topic, 2) for topic in topics])
        expect([2] * len(topics), self.granted.get(timeout=10))

    def hears(self, *message):
        expect(message, self.heard.get(timeout=10))

    def end(self):
        self.client.disconnect()
        self.client.loop_stop()


def expect(wanted, seen):
    if wanted != seen:
        sys.exit(f"wanted {wanted}, saw {seen}")


stranger = Side(f"{serial}-stranger", "not the password")
expect(134 if version == "5" else 4, stranger.answers.get(timeout=10))
stranger.end()

terminal = Side(serial, password, will=True)
expect(0, terminal.answers.get(timeout=10))
terminal.publish(status, "online", 1, retain=True)
operator = Side(f"{serial}-operator")
operator.subscribe(status, report)
operator.hears(status, "online", 1, True)

terminal.subscribe(command)
terminal.publish(report, body, 2)
operator.hears(report, body, 2, False)
operator.publish(command, restart, 2)
terminal.hears(command, restart, 1, False)  # a command goes down at QoS 1

terminal.client.loop_stop()
terminal.client.socket().shutdown(socket.SHUT_RDWR)
operator.hears(status, "offline", 1, False)
late = Side(f"{serial}-late")
late.subscribe(status)
late.hears(status, "offline", 1, True)
late.end()
operator.end()
