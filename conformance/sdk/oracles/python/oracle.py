#!/usr/bin/env python3
"""PyPI protobuf as an oracle: `oracle.py DESCRIPTOR_SET`."""
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

DEPTH_MAX = 400


def main():
    files = descriptor_pb2.FileDescriptorSet()
    with open(sys.argv[1], "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    waiting = {file.name: file for file in files.file}
    while waiting:
        ready = [name for name, file in waiting.items() if not any(it in waiting for it in file.dependency)]
        for name in ready:
            pool.Add(waiting.pop(name))
    sys.setrecursionlimit(10_000)
    for line in sys.stdin:
        vector = json.loads(line)
        answer = {"id": vector["id"]}
        try:
            message = message_factory.GetMessageClass(pool.FindMessageTypeByName(vector["message"]))
            difference = judge(pool, message, vector)
        except Exception as error:  # Whatever the runtime says is the difference.
            difference = f"{type(error).__name__}: {error}"
        if difference:
            answer["difference"] = difference[:500]
        print(json.dumps(answer), flush=True)


def judge(pool, message, vector):
    read = message.FromString(bytes.fromhex(vector["bytes"]))
    if "json" in vector:
        text = json.dumps(vector["json"])
        said = json_format.Parse(text, message(), descriptor_pool=pool, max_recursion_depth=DEPTH_MAX)
        if canonical(said) != canonical(read):
            return f"the bytes are {read!r}, and the JSON {said!r}"
    again = message.FromString(read.SerializeToString())
    if canonical(again) != canonical(read):
        return f"{read!r} is {again!r} when it was written and read"
    return None


def canonical(message):
    # NaN is not equal to itself, so bytes are compared.
    return message.SerializeToString(deterministic=True)


if __name__ == "__main__":
    main()
