package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.SealedBots;
import dev.interlock.catalog.graphql.GraphqlReader;
import dev.interlock.catalog.graphql.GraphqlReading;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.config.PlainYaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests each operator of the condition language, both ways. A value that cannot be inspected raises the impact. */
class ArgumentConditionTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"present\":\"a\"} | a: 1 | true",
                "{\"present\":\"a\"} | a: null | false",
                "{\"present\":\"a\"} | b: 1 | false",
                "{\"present\":\"a\"} | a: [] | true",
                "{\"absent\":\"a\"} | b: 1 | true",
                "{\"absent\":\"a\"} | a: null | true",
                "{\"absent\":\"a\"} | a: 0 | false",
                "{\"absent\":\"a.b\"} | a: [{b: 1}, {c: 1}] | true", // each element of a list is checked by itself
                "{\"absent\":\"a.b\"} | a: [{b: 1}, {b: null}] | true",
                "{\"absent\":\"a.b\"} | a: [{b: 1}, X] | true",
                "{\"absent\":\"a.b\"} | a: [{b: 1}, {b: [2]}] | false",
                "{\"absent\":\"a.b\"} | a: [] | true",
                "{\"absent\":\"a.*\"} | a: {} | true",
                "{\"absent\":\"a.*.b\"} | a: {x: {b: 1}, y: {}} | true",
                "{\"empty\":\"a.b\"} | a: [{b: X}, {c: 1}] | true",
                "{\"empty\":\"a.b\"} | a: [{b: X}, {b: [\"\"]}] | true",
                "{\"empty\":\"a.b\"} | a: [{b: X}, {b: [null, X]}] | false",
                "{\"beyond\":{\"a.b\":[\"c\"]}} | a: [{b: {c: 1}}, {}] | true",
                "{\"beyond\":{\"a.b\":[\"c\"]}} | a: [{b: {c: 1}}, {b: {c: 2}}] | false",
                "{\"identified\":\"a\"} | a: \"0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f\" | true",
                "{\"identified\":\"a\"} | a: [maya, U012AB3CD] | true",
                "{\"identified\":\"a\"} | a: {b: 1} | true",
                "{\"identified\":\"a\"} | a: [maya, me, \"m@acme.example\", null] | false",
                "{\"given\":\"a\"} | a: null | true",
                "{\"given\":\"a\"} | b: null | false",
                "{\"empty\":\"a\"} | a: [] | true",
                "{\"empty\":\"a\"} | a: \"\" | true",
                "{\"empty\":\"a\"} | b: 1 | true",
                "{\"empty\":\"a\"} | a: [X] | false",
                "{\"empty\":\"a\"} | a: [null] | true",
                "{\"empty\":\"a\"} | a: [[], \"\"] | true",
                "{\"empty\":\"a\"} | a: [null, X] | false",
                "{\"empty\":\"a\"} | a: [{b: null}] | false",
                "{\"explicit-null\":\"a\"} | a: null | true",
                "{\"explicit-null\":\"a\"} | a: [1, null] | true",
                "{\"explicit-null\":\"a\"} | b: null | false",
                "{\"equals\":{\"a.b\":\"X\"}} | a: {b: X} | true",
                "{\"equals\":{\"a.b\":\"X\"}} | a: {b: \"X\"} | true",
                "{\"equals\":{\"a.b\":\"X\"}} | a: [{b: Y}, {b: X}] | true",
                "{\"equals\":{\"a.b\":\"X\"}} | a: {b: Y} | false",
                "{\"other-than\":{\"a\":false}} | a: false | false",
                "{\"other-than\":{\"a\":false}} | a: null | false",
                "{\"other-than\":{\"a\":false}} | a: true | true",
                "{\"other-than\":{\"a\":false}} | a: [false, true] | true",
                "{\"other-than\":{\"a\":false}} | a: {} | true",
                "{\"other-than\":{\"a\":false}} | a: [] | true",
                "{\"other-than\":{\"a\":false}} | a: [[]] | true",
                "{\"other-than\":{\"a\":false}} | a: [null] | true",
                "{\"other-than\":{\"a\":false}} | a: [false] | true",
                "{\"other-than\":{\"a\":false}} | a: \"false\" | true",
                "{\"other-than\":{\"query.a\":false}} | query: {a: \"false\"} | false",
                "{\"other-than\":{\"a\":\"X\"}} | a: \"X\" | false",
                "{\"names\":{\"a\":[\"k\"]}} | a: {x: [{k: 1}]} | true",
                "{\"names\":{\"a\":[\"k\"]}} | a: {x: \"k\"} | false",
                "{\"names\":{\"a\":[\"k\"]}} | a: \"{k: 1}\" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"NODE_OPTIONS\" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"node_options\" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"LD_PRELOAD\" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"LD\" | false",
                "{\"among\":{\"a\":\"w\"}} | a: \" NODE_OPTIONS \" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"my_KEY\" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"_KEYS\" | false",
                "{\"among\":{\"a\":\"w\"}} | a: \"HTTP_PROXY_ADDRESS\" | true",
                "{\"among\":{\"a\":\"w\"}} | a: \"MY_NODE_OPTIONS\" | false",
                "{\"among\":{\"a\":\"w\"}} | a: [\"A\", \"LD_\"] | true",
                "{\"among\":{\"a\":\"w\"}} | a: {b: 1} | true",
                "{\"among\":{\"a\":\"w\"}} | a: null | false",
                "{\"among\":{\"a.@names\":\"w\"}} | a: {LD_X: 1} | true",
                "{\"among-end\":{\"a\":\"w\"}} | a: \"node_options\" | true",
                "{\"among-end\":{\"a\":\"w\"}} | a: \"x/y/NODE_OPTIONS\" | true",
                "{\"among-end\":{\"a\":\"w\"}} | a: \"x/LD_PRELOAD/y\" | true",
                "{\"among-end\":{\"a\":\"w\"}} | a: \"x/NODE_OPTIONS/y\" | false",
                "{\"among-end\":{\"a\":\"w\"}} | a: \"x/MY_NODE_OPTIONS\" | false",
                "{\"among-end\":{\"a\":\"w\"}} | a: \"x/\" | false",
                "{\"among-end\":{\"a\":\"w\"}} | a: [\"A\", \"x/LD_\"] | true",
                "{\"among-end\":{\"a\":\"w\"}} | a: {b: 1} | true",
                "{\"among-end\":{\"a\":\"w\"}} | a: null | false",
                "{\"among\":{\"a.@names\":\"w\"}} | a: {X: \"LD_X\"} | false",
                "{\"outside\":{\"a\":\"w\"}} | a: \"node_options\" | false",
                "{\"outside\":{\"a\":\"w\"}} | a: \"NODE_OPTIONS\" | true",
                "{\"outside\":{\"a\":\"w\"}} | a: \"ld_x\" | false",
                "{\"outside\":{\"a\":\"w\"}} | a: \"ld\" | true",
                "{\"outside\":{\"a\":\"w\"}} | a: [\"ld_x\", \"other\"] | true",
                "{\"outside\":{\"a\":\"w\"}} | a: [\"ld_x\", [\"ld_y\"]] | false",
                "{\"outside\":{\"a\":\"w\"}} | a: {b: 1} | true",
                "{\"outside\":{\"a\":\"w\"}} | a: [] | true",
                "{\"outside\":{\"a\":\"w\"}} | a: [null] | true",
                "{\"outside\":{\"a\":\"w\"}} | a: [\"ld_x\", []] | true",
                "{\"outside\":{\"a\":\"w\"}} | a: null | false",
                "{\"outside\":{\"a\":\"w\"}} | b: \"other\" | false",
                "{\"outside\":{\"a.b\":\"w\"}} | a: [{b: \"ld_x\"}, {c: 1}] | false",
                "{\"outside\":{\"a.b\":\"w\"}} | a: [{b: \"ld_x\"}, {b: \"other\"}] | true",
                "{\"outside\":{\"a.b\":\"w\"}} | a: \"text\" | false",
                "{\"null-within\":\"a\"} | a: {x: [{k: null}]} | true",
                "{\"null-within\":\"a\"} | a: {x: 1} | false",
                "{\"null-within\":\"a\"} | a: \"text\" | true",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | a: {x: {one: {v: 1}, two: {v: \"\"}}} | false",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | a: {x: {one: {v: 1, w: 1}}} | true",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | a: {x: {one: {v: null}}} | true",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | a: {x: {one: {v: {deeper: 1}}}} | true",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | a: {x: {one: {v: [1]}}} | true",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | a: {x: {}} | true",
                "{\"beyond\":{\"a\":[\"x.*.v\"]}} | b: 1 | true",
                "{\"all\":[{\"present\":\"a\"},{\"present\":\"b\"}]} | a: 1, b: 1 | true",
                "{\"all\":[{\"present\":\"a\"},{\"present\":\"b\"}]} | a: 1 | false",
                "{\"any\":[{\"present\":\"a\"},{\"present\":\"b\"}]} | b: 1 | true",
                "{\"any\":[{\"present\":\"a\"},{\"present\":\"b\"}]} | c: 1 | false",
            })
    void conditionsHoldAsDocumented(String condition, String arguments, boolean holds) throws IOException {
        JsonNode node = new ObjectMapper().readTree(condition);
        ArgumentCondition read = ConditionReader.of(
                        Map.of("w", new WordList(List.of("NODE_OPTIONS", "LD_*", "*_KEY", "*PROXY*"))))
                .read(new CatalogSection("test", PlainYaml.read(""), List.of(), "if", node));
        assertThat(read.holds(arguments(arguments)))
                .as("%s of %s", condition, arguments)
                .isEqualTo(holds);
    }

    private static Map<String, Value> arguments(String text) {
        String body = new Value.Members(Map.of("query", new Value.Text("{ f(" + text + ") }"))).json();
        GraphqlReading reading = new GraphqlReader().post(body.getBytes(StandardCharsets.UTF_8));
        return ((GraphqlReading.GraphqlRequests) reading)
                .requests()
                .getFirst()
                .fields()
                .getFirst()
                .arguments();
    }

    @Test
    void anIdentifierOfAPersonBySealIsNone() {
        ArgumentCondition assigned = ArgumentCondition.identified(ArgumentPath.parse("assignee"));
        Map<String, Value> arguments = Map.of("assignee", new Value.Text("U012AB3CD"));
        assertThat(assigned.holds(arguments)).isTrue();
        assertThat(assigned.holds(arguments, new SealedBots(Set.of(), Set.of("U012AB3CD"), Set.of(), Set.of())))
                .isFalse();
    }
}
