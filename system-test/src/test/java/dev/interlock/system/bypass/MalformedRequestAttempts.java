package dev.interlock.system.bypass;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Requests that do no harm by themselves, and try to break their reader. Each must get a well-formed refusal. */
final class MalformedRequestAttempts {

    private static final int DEEP = 20_000;
    private static final int WIDE = 15_000;
    private static final int BOMB = 40;

    private MalformedRequestAttempts() {}

    /** An assertion about one request. */
    interface Check {
        void of(byte[] wire) throws Exception;
    }

    static Map<String, byte[]> wires() {
        Map<String, byte[]> wires = new LinkedHashMap<>();
        deep(wires);
        wide(wires);
        odd(wires);
        return wires;
    }

    static Stream<DynamicTest> all(Check check) {
        return wires().entrySet().stream().map(wire -> dynamicTest(wire.getKey(), () -> check.of(wire.getValue())));
    }

    private static void deep(Map<String, byte[]> wires) {
        wires.put("selections", Requests.query("{ me " + "{ a ".repeat(DEEP) + "}".repeat(DEEP) + " }"));
        wires.put("lists", Requests.query("{ a(b: " + "[".repeat(DEEP) + "]".repeat(DEEP) + ") }"));
        wires.put("objects", Requests.query("{ a(b: " + "{c:".repeat(DEEP) + "1" + "}".repeat(DEEP) + ") }"));
        wires.put(
                "types", Requests.query("query($v: " + "[".repeat(DEEP) + "Int" + "]".repeat(DEEP) + ") { a(b: $v) }"));
        wires.put("inline fragments", Requests.query("{ " + "... { ".repeat(DEEP) + "me" + "}".repeat(DEEP) + " }"));
        wires.put("JSON", Requests.postJson("[".repeat(DEEP) + "]".repeat(DEEP)));
        wires.put(
                "JSON in variables",
                Requests.query("{ me { id } }", "{\"v\":" + "[".repeat(DEEP) + "]".repeat(DEEP) + "}"));
        wires.put(
                "a chain of fragments",
                Requests.query("mutation { ...f0 } " + fragments(i -> "...f" + (i + 1), WIDE / 10)));
        wires.put("fragments in a ring", Requests.query("mutation { ...f0 } fragment f0 on Mutation { ...f0 }"));
        wires.put(
                "a bomb of fragments",
                Requests.query("mutation { ...f0 } "
                        + fragments(
                                i -> "a" + i + ": __typename ...f" + (i + 1) + " b" + i + ": __typename ...f" + (i + 1),
                                BOMB)));
    }

    private static String fragments(java.util.function.IntFunction<String> body, int count) {
        return IntStream.range(0, count)
                        .mapToObj(i -> "fragment f" + i + " on Mutation { " + body.apply(i) + " }")
                        .collect(Collectors.joining(" "))
                + " fragment f" + count + " on Mutation { volumeDelete(volumeId: \"" + SimulatedProvider.SHARED
                + "\") }";
    }

    private static void wide(Map<String, byte[]> wires) {
        String delete = ": volumeDelete(volumeId: \"" + SimulatedProvider.SHARED + "\") ";
        wires.put(
                "many aliases",
                Requests.query("mutation { "
                        + IntStream.range(0, WIDE / 2)
                                .mapToObj(i -> "a" + i + delete)
                                .collect(Collectors.joining()) + "}"));
        wires.put("as many as a receipt cannot hold", padded());
        wires.put(
                "a batch of eleven",
                Requests.postJson("[" + "{\"query\":\"{me{id}}\"},".repeat(10) + "{\"query\":\"{me{id}}\"}]"));
        wires.put("a long name", Requests.query("{ " + "a".repeat(500_000) + " }"));
        wires.put("a long number", Requests.query("{ a(b: " + "9".repeat(500_000) + ") }"));
        wires.put(
                "a long number in variables",
                Requests.query("query($v: Int) { a(b: $v) }", "{\"v\":1" + "0".repeat(500_000) + "}"));
        wires.put("a large exponent", Requests.query("query($v: Float) { a(b: $v) }", "{\"v\":1e999999999}"));
        wires.put("a long comment", Requests.query("#" + "x".repeat(500_000) + "\nmutation { a" + delete + "}"));
        wires.put(
                "an identifier of 200 KB",
                Requests.query("mutation { volumeDelete(volumeId: \"" + "x".repeat(200_000) + "\") }"));
    }

    /** Returns so many deletions that no receipt could list them all. */
    static byte[] padded() {
        return Requests.query("mutation { "
                + IntStream.range(0, 190)
                        .mapToObj(i -> "a" + i + ": volumeDelete(volumeId: \"" + "x".repeat(150) + i + "\") ")
                        .collect(Collectors.joining())
                + "}");
    }

    private static void odd(Map<String, byte[]> wires) {
        for (String body : new String[] {
            "",
            "null",
            "7",
            "\"x\"",
            "{}",
            "[]",
            "[[]]",
            "{\"query\":null}",
            "{\"query\":7}",
            "{\"query\":\"\"}",
            "{\"query\":\"{\"}",
            "{\"query\":\"{me{id}}\",\"variables\":[]}",
            "{\"query\":\"\\ud800{me{id}}\"}",
            "{\"query\":\"{a(b:\\\"\\\\ud800\\\")}\"}",
            "{\"query\":\"query a{me{id}} query a{me{id}}\"}",
            "{\"query\":\"query a{me{id}} query b{me{id}}\"}",
            "{\"query\":\"subscription { me { id } }\"}",
            "{\"query\":\"{me{id}}\",\"operationName\":\"\"}",
            "{\"query\":\"fragment f on Query { me { id } }\"}",
            "{\"query\":\"type Query { a: Int }\"}",
            "{\"query\":\"query($a:Int,$a:Int){a(b:$a)}\"}",
            "{\"query\":\"{me{id}} \\u0000\"}"
        }) {
            wires.put("body " + body, Requests.postJson(body));
        }
        wires.put(
                "a persisted query's hash alone",
                Requests.postJson("{\"extensions\":{\"persistedQuery\":{\"version\":1,\"sha256Hash\":\""
                        + "0".repeat(64) + "\"}}}"));
        wires.put(
                "bytes that are no UTF-8",
                Requests.post(Requests.JSON, new byte[] {'{', '"', (byte) 0xc0, (byte) 0x80, '"', '}'}));
        wires.put("a body that is too long", Requests.postJson("{\"query\":\"" + " ".repeat(1 << 20) + "{me{id}}\"}"));
        wires.put(
                "a head that is too long",
                Requests.post(Requests.JSON, Requests.utf8("{}"), "X-A: " + "x".repeat(200_000)));
        wires.put(
                "many fields",
                Requests.post(
                        Requests.JSON,
                        Requests.utf8("{}"),
                        IntStream.range(0, 900).mapToObj(i -> "X-" + i + ": y").toArray(String[]::new)));
    }
}
