package dev.interlock.catalog;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.testing.BuiltIn;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fuzzes readings: no exception may come out, and the forwarded request reads as the same. */
class RestFuzzTest {

    private final Catalog github = BuiltIn.CATALOGS.find("github").orElseThrow();
    private final PublishedRoutes published = new PublishedRoutes();

    /**
     * Reads the input: the first line is a method, a path and parameters, separated by blanks. The rest is the body.
     */
    @FuzzTest(maxDuration = "45s")
    void request(byte[] input) {
        int end = 0;
        while (end < input.length && input[end] != '\n') {
            end++;
        }
        String[] words = new String(input, 0, end, StandardCharsets.UTF_8).split(" ", -1);
        List<HttpCall.Parameter> query = new ArrayList<>();
        for (int i = 2; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            query.add(
                    equals < 0
                            ? new HttpCall.Parameter(words[i], "")
                            : new HttpCall.Parameter(words[i].substring(0, equals), words[i].substring(equals + 1)));
        }
        check(new HttpCall(
                words[0],
                "api.github.com",
                words.length > 1 ? words[1] : "",
                query,
                List.of(new Header("content-type", "application/json")),
                end < input.length ? Bytes.of(Arrays.copyOfRange(input, end + 1, input.length)) : Bytes.empty()));
    }

    private void check(HttpCall call) {
        if (github.read(call)
                instanceof CallReading.CallMeaning(var actions, var sent, var _, var _, var _, var _, var _, var _)) {
            HttpCall outgoing = HttpCall.of(sent);
            if (!(github.read(outgoing) instanceof CallReading.CallMeaning again
                    && again.actions().equals(actions)
                    && HttpCall.of(again.outgoing()).body().equals(outgoing.body()))) {
                throw new IllegalStateException("written and read again, it is another request");
            }
            String method = outgoing.method().equals("HEAD") ? "GET" : outgoing.method();
            if (published
                    .find(method, outgoing.path())
                    .filter(found -> found.operation()
                            .equals(actions.getFirst().operation().name()))
                    .isEmpty()) {
                throw new IllegalStateException("by GitHub's own list, it is another operation");
            }
        }
    }
}
