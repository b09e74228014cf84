package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is kept is what would be read again, and nothing that an agent wrote. */
final class ReadMemoTest {

    private static final String READ = "{\"query\":\"{ environment(id: \\\"e\\\") { id } }\"}";
    private static final String WRITE =
            "{\"query\":\"mutation { variableUpsert(input: {environmentId: \\\"e\\\", name: \\\"A\\\", value: \\\"s\\\"}) }\"}";

    private final ReadMemo memo = new ReadMemo();
    private final List<HttpCall> read = new ArrayList<>();
    private final Catalog railway = Catalogs.builtIn().find("railway").orElseThrow();

    private Reading ask(String body) {
        return memo.of(Railway.post(body), call -> {
            read.add(call);
            return railway.read(call);
        });
    }

    @Test
    void aReadIsReadOnceAndMeansTheSame() {
        Reading first = ask(READ);
        assertThat(first).isInstanceOf(Reading.Understood.class);
        assertThat(ask(READ)).isEqualTo(first);
        assertThat(read).hasSize(1);
        ask(READ + " ");
        assertThat(read).hasSize(2);
    }

    @Test
    void whatChangesAnythingOrIsNotUnderstoodIsReadEachTime() {
        for (String body : List.of(WRITE, "{", READ + " ".repeat(ReadMemo.MAX_LENGTH))) {
            read.clear();
            ask(body);
            ask(body);
            assertThat(read).as(body.strip()).hasSize(2);
        }
    }

    /** A head is up to 32 KiB, and a thousand of them would be an eighth of the heap, for each catalog. */
    @Test
    void neitherIsALongHeadKept() {
        HttpCall plain = Railway.post(READ);
        String much = "x".repeat(ReadMemo.MAX_LENGTH);
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
            for (int i = 0; i < 2; i++) {
                assertThat(memo.of(call, this::anew)).isInstanceOf(Reading.Understood.class);
            }
            assertThat(read).hasSize(2);
        }
    }

    private Reading anew(HttpCall call) {
        read.add(call);
        return railway.read(call);
    }

    @Test
    void theLongestUnusedIsForgotten() {
        ask(READ);
        for (int i = 0; i < ReadMemo.MAX_READINGS; i++) {
            ask("{\"query\":\"{ environment(id: \\\"e" + i + "\\\") { id } }\"}");
        }
        read.clear();
        ask(READ);
        assertThat(read).hasSize(1);
    }
}
