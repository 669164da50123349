import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** protobuf-java as an oracle: {@code Oracle DESCRIPTOR_SET}. */
public final class Oracle {
  private final Map<String, Descriptor> messages = new HashMap<>();
  private final JsonFormat.Parser json;

  private Oracle(FileDescriptorSet set) throws Exception {
    Map<String, FileDescriptorProto> files = new HashMap<>();
    set.getFileList().forEach(file -> files.put(file.getName(), file));
    Map<String, FileDescriptor> built = new HashMap<>();
    TypeRegistry.Builder types = TypeRegistry.newBuilder();
    for (String name : files.keySet()) {
      for (Descriptor message : build(name, files, built).getMessageTypes()) {
        add(message);
        types.add(message);
      }
    }
    json = JsonFormat.parser().usingTypeRegistry(types.build());
  }

  private static FileDescriptor build(
      String name, Map<String, FileDescriptorProto> files, Map<String, FileDescriptor> built) throws Exception {
    FileDescriptor ready = built.get(name);
    if (ready != null) {
      return ready;
    }
    List<FileDescriptor> imports = new ArrayList<>();
    for (String imported : files.get(name).getDependencyList()) {
      imports.add(build(imported, files, built));
    }
    FileDescriptor made = FileDescriptor.buildFrom(files.get(name), imports.toArray(new FileDescriptor[0]));
    built.put(name, made);
    return made;
  }

  private void add(Descriptor message) {
    messages.put(message.getFullName(), message);
    message.getNestedTypes().forEach(this::add);
  }

  public static void main(String[] arguments) throws Exception {
    Oracle oracle = new Oracle(FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(arguments[0]))));
    Gson gson = new Gson();
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject vector = JsonParser.parseString(line).getAsJsonObject();
      JsonObject answer = new JsonObject();
      answer.add("id", vector.get("id"));
      String difference;
      try {
        difference = oracle.difference(vector, gson);
      } catch (Exception | StackOverflowError error) {
        difference = error.toString();
      }
      if (difference != null) {
        answer.addProperty("difference", difference.substring(0, Math.min(500, difference.length())));
      }
      out.println(gson.toJson(answer));
      out.flush();
    }
  }

  private String difference(JsonObject vector, Gson gson) throws IOException {
    Descriptor type = messages.get(vector.get("message").getAsString());
    DynamicMessage read = DynamicMessage.parseFrom(type, bytes(vector.get("bytes").getAsString()));
    if (vector.has("json")) {
      DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
      json.merge(gson.newBuilder().serializeNulls().create().toJson(vector.get("json")), builder);
      DynamicMessage said = builder.build();
      if (!same(withoutSignsOfZero(said), withoutSignsOfZero(read))) {
        return "the bytes are " + read + ", and the JSON " + said;
      }
    }
    DynamicMessage again = DynamicMessage.parseFrom(type, read.toByteArray());
    return same(again, read) ? null : read + " is " + again + " when it was written and read";
  }

  /** JsonFormat reads doubles by way of BigDecimal, which has no -0. */
  private static Message withoutSignsOfZero(Message message) {
    Message.Builder builder = message.toBuilder();
    message.getAllFields().forEach((field, value) -> {
      if (!field.isRepeated()) {
        builder.setField(field, withoutSignOfZero(value));
        return;
      }
      List<?> values = (List<?>) value;
      for (int place = 0; place < values.size(); place++) {
        builder.setRepeatedField(field, place, withoutSignOfZero(values.get(place)));
      }
    });
    return builder.buildPartial();
  }

  private static Object withoutSignOfZero(Object value) {
    if (value instanceof Message) {
      return withoutSignsOfZero((Message) value);
    }
    return Double.valueOf(-0.0).equals(value) ? (Object) 0.0 : value;
  }

  /** By the bytes, too, since NaN equals nothing. */
  private static boolean same(Message one, Message other) throws IOException {
    return one.equals(other) || deterministic(one).equals(deterministic(other));
  }

  private static ByteString deterministic(Message message) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    message.writeTo(out);
    out.flush();
    return ByteString.copyFrom(bytes.toByteArray());
  }

  private static byte[] bytes(String hex) {
    byte[] bytes = new byte[hex.length() / 2];
    for (int place = 0; place < bytes.length; place++) {
      bytes[place] = (byte) Integer.parseInt(hex.substring(2 * place, 2 * place + 2), 16);
    }
    return bytes;
  }
}
