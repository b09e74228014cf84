package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.testing.CaseCount;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests random forms with files, their written form read again, and both with one byte changed. */
@Tag("random")
final class MultipartBodyPropertyTest {

    private static final int CASES = CaseCount.of(60);
    private final GraphqlReader reader = new GraphqlReader();

    private static GraphqlReading.OutgoingBody random(RandomGenerator random) {
        int files = random.nextInt(4);
        List<String> arguments = new ArrayList<>();
        Map<String, Value> variables = new LinkedHashMap<>();
        for (int i = 0; i < files; i++) {
            byte[] content = new byte[random.nextInt(40)];
            random.nextBytes(content);
            Value file = new Value.File("f" + random.nextInt(2), "text/plain", Bytes.of(content));
            variables.put(
                    "v" + i, random.nextBoolean() ? file : new Value.Items(List.of(file, new Value.NullLiteral())));
            arguments.add("$v" + i + ": X");
        }
        String uses = String.join(
                " ",
                variables.keySet().stream().map(v -> v + ": f(a: $" + v + ")").toList());
        String head = files == 0 ? "" : "(" + String.join(" ", arguments) + ")";
        GraphqlRequest request = new GraphqlRequest(
                GraphqlRequest.OperationKind.MUTATION,
                List.of(),
                "mutation" + head + "{" + uses + " x}",
                java.util.Optional.empty(),
                new Value.Members(variables));
        return new GraphqlReading.GraphqlRequests(List.of(request), false).sent();
    }

    private GraphqlReading read(GraphqlReading.OutgoingBody sent, byte[] body) {
        return sent.type().startsWith("multipart/") ? reader.multipart(sent.type(), body) : reader.post(body);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void writtenBodiesReadBackAlike(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < CASES; i++) {
            GraphqlReading.OutgoingBody sent = random(random);
            GraphqlReading reading = read(sent, sent.body().toArray());
            assertThat(reading).as("seed %d", seed).isInstanceOf(GraphqlReading.GraphqlRequests.class);
            assertSame(reading, seed);
            byte[] damaged = sent.body().toArray();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            assertSame(read(sent, damaged), seed); // it is refused, or has one reading
        }
    }

    private void assertSame(GraphqlReading reading, long seed) {
        if (reading instanceof GraphqlReading.GraphqlRequests understood) {
            GraphqlReading.OutgoingBody sent = understood.sent();
            assertThat(read(sent, sent.body().toArray())).as("seed %d", seed).isEqualTo(understood);
        }
    }
}
