package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Tests that documents that are too deep are refused, fragments included: a caller must not choose the depth of the
 * reader's recursion.
 */
final class DepthTest {

    private static GraphqlReading read(String document) {
        String body = new Value.Members(Map.of("query", new Value.Text(document))).json();
        return new GraphqlReader().post(body.getBytes(StandardCharsets.UTF_8));
    }

    private static String nested(int levels, String inside) {
        return "{ f ".repeat(levels) + inside + " }".repeat(levels);
    }

    private static String chain(List<Integer> order, int levels) {
        int last = order.size() - 1;
        return order.stream()
                .map(i ->
                        "fragment F" + i + " on T " + nested(levels, i == last ? "{ end }" : "{ ...F" + (i + 1) + " }"))
                .collect(Collectors.joining("\n"));
    }

    private static void assertTooDeep(GraphqlReading reading) {
        assertThat(reading).isInstanceOf(GraphqlReading.GraphqlRejection.class);
        assertThat(((GraphqlReading.GraphqlRejection) reading).reason()).contains("too deep");
    }

    @Test
    void nestingOfRealClientsIsRead() {
        assertThat(read(nested(40, "{ end }"))).isInstanceOf(GraphqlReading.GraphqlRequests.class);
        assertThat(read("{ ...F0 }\n" + chain(IntStream.range(0, 5).boxed().toList(), 10)))
                .isInstanceOf(GraphqlReading.GraphqlRequests.class);
    }

    @Test
    void theDepthIsExactInFragmentsAndOutside() {
        int most = Definitions.MAX_DEPTH;
        assertThat(read(nested(most - 1, "{ end }"))).isInstanceOf(GraphqlReading.GraphqlRequests.class);
        assertTooDeep(read(nested(most, "{ end }")));
        String fragment = " fragment F on T ";
        assertThat(read("{ ...F }" + fragment + nested(most - 2, "{ end }")))
                .isInstanceOf(GraphqlReading.GraphqlRequests.class);
        assertTooDeep(read("{ ...F }" + fragment + nested(most - 1, "{ end }")));
        // The second time the fragment is not followed again, and counts as much.
        assertTooDeep(read("{ ...F a { ...F } }" + fragment + nested(most - 2, "{ end }")));
        assertThat(read("{ ...F a { ...F } }" + fragment + nested(most - 3, "{ end }")))
                .isInstanceOf(GraphqlReading.GraphqlRequests.class);
    }

    @Test
    void fragmentsCountToTheDepth() {
        List<Integer> order = IntStream.range(0, 90).boxed().toList();
        assertTooDeep(read("{ ...F0 }\n" + chain(order, 20)));
    }

    @Test
    void repeatedFragmentsCountToTheDepthEachTime() {
        List<Integer> order = IntStream.range(0, 90).boxed().toList();
        String leavesFirst = order.reversed().stream().map(i -> "...F" + i).collect(Collectors.joining(" "));
        assertTooDeep(read("{ " + leavesFirst + " }\n" + chain(order, 20)));
    }
}
