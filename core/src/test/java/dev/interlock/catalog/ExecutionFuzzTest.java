package dev.interlock.catalog;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fuzzes requests of every form: an upstream must execute exactly what was decided on. */
class ExecutionFuzzTest {

    /**
     * Reads the input: the first line is {@code GET} or a content type, and then parameters, separated by tabs. The
     * rest is the body.
     */
    @FuzzTest(maxDuration = "45s")
    void request(byte[] input) {
        int end = 0;
        while (end < input.length && input[end] != '\n') {
            end++;
        }
        String[] words = new String(input, 0, end, StandardCharsets.UTF_8).split("\t", -1);
        List<Parameter> query = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            query.add(
                    equals < 0
                            ? new Parameter(words[i], "")
                            : new Parameter(words[i].substring(0, equals), words[i].substring(equals + 1)));
        }
        boolean get = words[0].equals("GET");
        Bytes body = end < input.length ? Bytes.of(Arrays.copyOfRange(input, end + 1, input.length)) : Bytes.empty();
        HttpCall call = new HttpCall(
                get ? "GET" : "POST",
                "acme.example",
                "/graphql",
                query,
                get ? List.of() : List.of(new Header("content-type", words[0])),
                body);
        if (GraphqlExecutor.CATALOG.read(call) instanceof CallReading.CallMeaning understood) {
            GraphqlExecutor.check(understood);
        }
    }
}
