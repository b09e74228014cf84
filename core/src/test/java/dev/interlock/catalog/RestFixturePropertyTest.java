package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.testing.BuiltIn;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests random requests for every operation of GitHub's. The forwarded request is read again. */
class RestFixturePropertyTest {

    private static final Catalog GITHUB = BuiltIn.CATALOGS.find("github").orElseThrow();

    private static final List<RestOperation> ENTRIES =
            List.copyOf(((RestDialect) CatalogFile.read("github.yaml", bytes()))
                    .knowledge()
                    .operations()
                    .values());

    private static byte[] bytes() {
        return String.join("\n", RestFixture.lines("github.yaml")).getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 20_261_120, 7_411})
    void aForwardedRequestReadsBackAsTheSameAction(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int understood = 0;
        for (RestOperation entry : ENTRIES) {
            HttpCall call = call(entry, random);
            if (GITHUB.read(call)
                    instanceof
                    CallReading.CallMeaning(
                            var actions,
                            var outgoing,
                            var standing,
                            var undo,
                            var veil,
                            var _,
                            var asked,
                            var deletions)) {
                understood++;
                CallReading.CallMeaning again = (CallReading.CallMeaning) GITHUB.read(outgoing);
                assertThat(refs(again.deletions())).isEqualTo(refs(deletions));
                assertThat(again)
                        .as("seed %d: %s %s", seed, call.method(), call.path())
                        .isEqualTo(new CallReading.CallMeaning(
                                        actions, again(HttpCall.of(outgoing)), standing, undo.get(), veil)
                                .asking(asked)
                                .deleting(again.deletions()));
            }
        }
        assertThat(understood).as("seed %d", seed).isGreaterThan(ENTRIES.size() * 9 / 10);
    }

    private static List<String> refs(List<CallReading.RefDeletion> deletions) {
        return deletions.stream()
                .map(CallReading.NamedDeletion.class::cast)
                .map(CallReading.NamedDeletion::ref)
                .toList();
    }

    private static HttpCall again(HttpCall call) {
        return call.rewritten(call.query(), call.headers(), call.body());
    }

    private static HttpCall call(RestOperation entry, RandomGenerator random) {
        StringBuilder path = new StringBuilder();
        for (PathTemplate.Step step : entry.line().template().steps()) {
            path.append('/').append(segment(step, random));
        }
        List<HttpCall.Parameter> query = new ArrayList<>();
        for (String name : entry.line().query().keySet()) {
            if (random.nextInt(3) == 0) {
                query.add(new HttpCall.Parameter(name, text(random)));
            }
        }
        List<Header> headers = new ArrayList<>();
        headers.add(new Header("accept", "application/json"));
        headers.add(new Header("x-noise", text(random)));
        Bytes body = Bytes.empty();
        if (entry.line().body() instanceof RequestLine.Members(Map<String, ProviderSchema.InputField> members)) {
            headers.add(new Header("content-type", "application/json; charset=utf-8"));
            List<String> written = new ArrayList<>();
            members.forEach((name, input) -> {
                if (random.nextBoolean()) {
                    written.add("\"" + name + "\" : " + value(input, random, 2));
                }
            });
            body = Bytes.utf8("{" + String.join(" , ", written) + "}");
        }
        return new HttpCall(
                entry.line().method(), "api.github.com", path.isEmpty() ? "/" : path.toString(), query, headers, body);
    }

    private static String segment(PathTemplate.Step step, RandomGenerator random) {
        return switch (step.kind()) {
            case LITERAL -> step.text();
            case METHOD -> text(random) + ":" + step.text();
            case ONE -> Integer.toString(1 + random.nextInt(1000));
            case SOME, ANY -> text(random) + "/" + text(random);
        };
    }

    private static String value(ProviderSchema.InputField input, RandomGenerator random, int depth) {
        if (input.isOpen() && depth > 0) {
            return "{\"" + text(random) + "\":" + value(input, random, depth - 1) + "}";
        }
        return switch (random.nextInt(6)) {
            case 0 -> "null";
            case 1 -> "true";
            case 2 -> "[\"" + text(random) + "\"]";
            case 3 -> random.nextInt(100) + ".50";
            default -> "\"" + text(random) + "\"";
        };
    }

    private static String text(RandomGenerator random) {
        String letters = "abcXYZ019-_é";
        StringBuilder text = new StringBuilder("x");
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }
}
