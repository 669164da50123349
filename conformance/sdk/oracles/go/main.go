// google.golang.org/protobuf as an oracle: `oracle DESCRIPTOR_SET`.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const lineBytesMax = 16 << 20

type vector struct {
	ID      string          `json:"id"`
	Message string          `json:"message"`
	Bytes   string          `json:"bytes"`
	JSON    json.RawMessage `json:"json"`
}

type answer struct {
	ID         string `json:"id"`
	Difference string `json:"difference,omitempty"`
}

type oracle struct {
	files *protoregistry.Files
	types *dynamicpb.Types
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	encoded, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(encoded, set); err != nil {
		return err
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return err
	}
	judge := oracle{files: files, types: dynamicpb.NewTypes(files)}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineBytesMax)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var read vector
		if err := json.Unmarshal(lines.Bytes(), &read); err != nil {
			return err
		}
		said := answer{ID: read.ID}
		if err := judge.difference(read); err != nil {
			said.Difference = err.Error()
		}
		if err := out.Encode(said); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (o oracle) difference(read vector) error {
	found, err := o.files.FindDescriptorByName(protoreflect.FullName(read.Message))
	if err != nil {
		return err
	}
	descriptor, ok := found.(protoreflect.MessageDescriptor)
	if !ok {
		return fmt.Errorf("%s is no message", read.Message)
	}
	payload, err := hex.DecodeString(read.Bytes)
	if err != nil {
		return err
	}
	message := dynamicpb.NewMessage(descriptor)
	if err := proto.Unmarshal(payload, message); err != nil {
		return err
	}
	if read.JSON != nil {
		said := dynamicpb.NewMessage(descriptor)
		if err := (protojson.UnmarshalOptions{Resolver: o.types}).Unmarshal(read.JSON, said); err != nil {
			return err
		}
		if !same(said, message) {
			return fmt.Errorf("the bytes are %v, and the JSON %v", message, said)
		}
	}
	written, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	again := dynamicpb.NewMessage(descriptor)
	if err := proto.Unmarshal(written, again); err != nil {
		return err
	}
	if !same(again, message) {
		return fmt.Errorf("%v is %v when it was written and read", message, again)
	}
	return nil
}

// The values of an Any were packed by each in its own order: their bytes need not be the same.
func same(one, other proto.Message) bool {
	if proto.Equal(one, other) {
		return true
	}
	options := proto.MarshalOptions{Deterministic: true}
	first, err := options.Marshal(one)
	if err != nil {
		return false
	}
	second, err := options.Marshal(other)
	return err == nil && bytes.Equal(first, second)
}
