"""Decodes Sparkplug B payloads, one in hex a line, with Google's own protobuf and the public schema as data; answers JSON, one a line."""
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
KINDS = {"uint32": F.TYPE_UINT32, "uint64": F.TYPE_UINT64, "bool": F.TYPE_BOOL, "string": F.TYPE_STRING, "bytes": F.TYPE_BYTES, "float": F.TYPE_FLOAT, "double": F.TYPE_DOUBLE}

file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="org.eclipse.tahu.protobuf", syntax="proto2")
payload = file.message_type.add(name="Payload")
metric = payload.nested_type.add(name="Metric")
metric.oneof_decl.add(name="value")


def field(message, name, number, kind, oneof=False):
    added = message.field.add(name=name, number=number, type=KINDS[kind], label=F.LABEL_OPTIONAL)
    if oneof:
        added.oneof_index = 0


for name, number, kind in (("name", 1, "string"), ("alias", 2, "uint64"), ("timestamp", 3, "uint64"), ("datatype", 4, "uint32"), ("is_historical", 5, "bool"), ("is_transient", 6, "bool"), ("is_null", 7, "bool")):
    field(metric, name, number, kind)
for name, number, kind in (("int_value", 10, "uint32"), ("long_value", 11, "uint64"), ("float_value", 12, "float"), ("double_value", 13, "double"), ("boolean_value", 14, "bool"), ("string_value", 15, "string"), ("bytes_value", 16, "bytes")):
    field(metric, name, number, kind, oneof=True)
field(payload, "timestamp", 1, "uint64")
payload.field.add(name="metrics", number=2, type=F.TYPE_MESSAGE, label=F.LABEL_REPEATED, type_name=".org.eclipse.tahu.protobuf.Payload.Metric")
for name, number, kind in (("seq", 3, "uint64"), ("uuid", 4, "string"), ("body", 5, "bytes")):
    field(payload, name, number, kind)

pool = descriptor_pool.DescriptorPool()
pool.Add(file)
# Debian 12 has the older of the two ways.
class_of = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
Payload = class_of(pool.FindMessageTypeByName("org.eclipse.tahu.protobuf.Payload"))

for line in sys.stdin:
    read = Payload()
    read.ParseFromString(bytes.fromhex(line.strip()))
    metrics = []
    for one in read.metrics:
        kind = one.WhichOneof("value")
        metrics.append({"name": one.name if one.HasField("name") else None, "alias": one.alias if one.HasField("alias") else None, "datatype": one.datatype if one.HasField("datatype") else None,
                        "isNull": one.is_null, "kind": kind, "value": getattr(one, kind) if kind else None})
    unknown = any(True for _ in read.ListFields() if _[0].number > 5)
    print(json.dumps({"seq": read.seq if read.HasField("seq") else None, "timestamp": read.timestamp, "metrics": metrics, "unknown": unknown}), flush=True)
