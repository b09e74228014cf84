package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that the cache holds only readings that a new reading would repeat, and nothing that an agent wrote. */
final class ReadingCacheTest {

    private static final String READ = "{\"query\":\"{ environment(id: \\\"e\\\") { id } }\"}";
    private static final String WRITE =
            "{\"query\":\"mutation { variableUpsert(input: {environmentId: \\\"e\\\", name: \\\"A\\\", value: \\\"s\\\"}) }\"}";

    private final ReadingCache memo = new ReadingCache();
    private final List<HttpCall> read = new ArrayList<>();
    private final Catalog railway = Catalogs.builtIn().find("railway").orElseThrow();

    private CallReading ask(String body) {
        return memo.of(RailwayFixture.post(body), call -> {
            read.add(call);
            return railway.read(call);
        });
    }

    @Test
    void aReadThatCameTwiceIsParsedNoMoreAndMeansTheSame() {
        CallReading first = ask(READ);
        assertThat(first).isInstanceOf(CallReading.CallMeaning.class);
        assertThat(ask(READ)).isEqualTo(first);
        assertThat(ask(READ)).isEqualTo(first);
        assertThat(read).hasSize(2);
        ask(READ + " ");
        assertThat(read).hasSize(3);
    }

    @Test
    void changesAndUnknownCallsAreParsedEachTime() {
        for (String body : List.of(WRITE, "{", READ + " ".repeat(ReadingCache.MAX_WEIGHT))) {
            read.clear();
            ask(body);
            ask(body);
            ask(body);
            assertThat(read).as(body.strip()).hasSize(3);
        }
    }

    /** A head is up to 32 KiB; a thousand of them would fill an eighth of the heap, for each catalog. */
    @Test
    void aLongHeadIsNotCached() {
        HttpCall plain = RailwayFixture.post(READ);
        String much = "x".repeat(ReadingCache.MAX_WEIGHT);
        for (HttpCall call : List.of(
                new HttpCall(
                        "POST",
                        plain.authority(),
                        plain.path(),
                        List.of(),
                        Stream.concat(plain.headers().stream(), Stream.of(new Header("x-trace", much)))
                                .toList(),
                        plain.body()),
                new HttpCall(
                        "GET",
                        plain.authority(),
                        plain.path(),
                        List.of(new HttpCall.Parameter("query", "{ environment(id: \"e\") { id } } #" + much)),
                        plain.headers(),
                        Bytes.empty()))) {
            read.clear();
            for (int i = 0; i < 3; i++) {
                assertThat(memo.of(call, this::anew)).isInstanceOf(CallReading.CallMeaning.class);
            }
            assertThat(read).hasSize(3);
        }
    }

    /** The longest usual requests of agents' tools: a page of a console, and a client's query of the schema. */
    @Test
    void ordinaryRequestsAreCached() {
        String page = """
                query page($id: String!) { environment(id: $id) { id name variables { edges { node { id name } } }
                  serviceInstances { edges { node { id serviceId startCommand region latestDeployment { id status } } } }
                  volumeInstances { edges { node { id sizeMB currentSizeMB volume { id name } } } } } }""";
        for (HttpCall call : List.of(
                RailwayFixture.document(page, "{\"id\":\"11111111-2222-4333-8444-555555555555\"}"),
                RailwayFixture.document("{ __schema { types { name fields(includeDeprecated: true) { name args { name "
                        + "type { name kind ofType { name kind ofType { name kind } } } } } } } }"))) {
            read.clear();
            for (int i = 0; i < 3; i++) {
                assertThat(memo.of(call, this::anew)).isInstanceOf(CallReading.CallMeaning.class);
            }
            assertThat(read).hasSize(2);
        }
    }

    /** Each of these has some two thousand characters, and a hundred times that once it is read. */
    @Test
    void aLargeResultOfAShortCallIsNotCached() {
        String ids = IntStream.range(0, 5)
                .mapToObj(i -> "\"" + i + "x".repeat(194) + "\"")
                .collect(Collectors.joining(",", "{\"i\":[", "]}"));
        String fields = IntStream.range(0, 5).mapToObj(i -> "a" + i + ":name ").collect(Collectors.joining());
        for (HttpCall call : List.of(
                RailwayFixture.document(
                        "query($i:[String!]!){" + "...F".repeat(200)
                                + "}fragment F on Query{projectsByIds(ids:$i){id}}",
                        ids),
                RailwayFixture.document("{" + "...F".repeat(200) + "}fragment F on Query{me{id " + fields + "}}"),
                new HttpCall(
                        "GET",
                        "backboard.railway.com",
                        "/graphql/v2",
                        List.of(new HttpCall.Parameter("query", "{ me { id } }")),
                        Collections.nCopies(500, new Header("x", "y")),
                        Bytes.empty()))) {
            read.clear();
            for (int i = 0; i < 3; i++) {
                assertThat(memo.of(call, this::anew)).isInstanceOf(CallReading.CallMeaning.class);
            }
            assertThat(read).as(read.getFirst().path()).hasSize(3);
        }
    }

    /** If a schema has secrets at many places, their redaction is longer than the request. */
    @Test
    void aLongRedactionIsNotCached() {
        HttpCall call = RailwayFixture.post(READ);
        CallReading.CallMeaning plain = (CallReading.CallMeaning) railway.read(call);
        Set<List<String>> many = IntStream.range(0, 100)
                .mapToObj(i -> List.of("data", "environment", "a" + i))
                .collect(Collectors.toSet());
        CallReading.CallMeaning veiled = new CallReading.CallMeaning(
                plain.actions(),
                plain.outgoing(),
                plain.stateCheck(),
                plain.undo(),
                Optional.of(new ResponseRedaction(many)));
        for (int i = 0; i < 3; i++) {
            CallReading same = memo.of(call, asked -> {
                read.add(asked);
                return veiled;
            });
            assertThat(same).isEqualTo(veiled);
        }
        assertThat(read).hasSize(3);
    }

    private CallReading anew(HttpCall call) {
        read.add(call);
        return railway.read(call);
    }

    /** Agents with more reads in rotation than there is room for are the case that matters. */
    @Test
    void readsThatComeInTurnAreFoundAsFarAsThereIsRoom() {
        for (int turn = 0; turn < 3; turn++) {
            read.clear();
            for (int i = 0; i < ReadingCache.MAX_READINGS * 2; i++) {
                ask("{\"query\":\"{ environment(id: \\\"e" + i + "\\\") { id } }\"}");
            }
        }
        assertThat(read.size()).isBetween(ReadingCache.MAX_READINGS, ReadingCache.MAX_READINGS * 2 - 50);
    }
}
