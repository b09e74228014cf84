package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Calls to providers that speak REST, and their meaning by a catalog. */
final class RestFixture {

    static final Header JSON = new Header("content-type", "application/json");
    private final Catalog catalog;

    RestFixture(Catalog catalog) {
        this.catalog = catalog;
    }

    static RestFixture of(String name) {
        return new RestFixture(BuiltIn.CATALOGS.find(name).orElseThrow());
    }

    /** Returns the names of all built-in catalogs but the GraphQL one. */
    static Stream<String> builtIn() {
        return BuiltIn.CATALOGS.names().stream().filter(name -> !name.equals("railway") && !name.equals("pg"));
    }

    static List<String> lines(String resource) {
        try (InputStream in = RestFixture.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads {@code METHOD /path?name=value}, undecoded, with a JSON body unless that is empty. */
    static HttpCall call(String request, String body, Header... headers) {
        String[] words = request.split(" ", 2);
        String[] target = words[1].split("\\?", 2);
        List<HttpCall.Parameter> query = new ArrayList<>();
        if (target.length > 1) {
            for (String piece : target[1].split("&")) {
                String[] pair = piece.split("=", 2);
                query.add(new HttpCall.Parameter(pair[0], pair.length > 1 ? pair[1] : ""));
            }
        }
        List<Header> all = new ArrayList<>(List.of(headers));
        if (!body.isEmpty() && all.stream().noneMatch(header -> header.name().equals("content-type"))) {
            all.add(JSON);
        }
        return new HttpCall(words[0], "api.example.com", target[0], query, all, Bytes.utf8(body));
    }

    CallReading.CallMeaning understood(HttpCall call) {
        CallReading reading = settled(call, catalog.read(call));
        assertThat(reading).as("%s %s", call.method(), call.path()).isInstanceOf(CallReading.CallMeaning.class);
        return (CallReading.CallMeaning) reading;
    }

    /** Answers that the default branch of each repository is {@code main}. */
    private CallReading settled(HttpCall call, CallReading reading) {
        if (!(reading instanceof CallReading.CallMeaning strict)
                || strict.questions().isEmpty()) {
            return reading;
        }
        return catalog.knowing(ProviderAnswers.of(
                        strict.questions().stream().collect(Collectors.toMap(asked -> asked, _ -> "main"))))
                .read(call);
    }

    CallReading.CallRejection refused(HttpCall call) {
        CallReading reading = catalog.read(call);
        assertThat(reading).as("%s %s", call.method(), call.path()).isInstanceOf(CallReading.CallRejection.class);
        return (CallReading.CallRejection) reading;
    }

    /** Returns what the catalog says of a request, also of a push: there, as long as nobody has read its body. */
    Action action(String request, String body) {
        HttpCall call = call(request, body);
        CallReading explained = settled(call, catalog.explain(call));
        assertThat(explained).as(request).isInstanceOf(CallReading.CallMeaning.class);
        List<Action> actions = ((CallReading.CallMeaning) explained).actions();
        assertThat(actions).hasSize(1);
        return actions.getFirst();
    }

    Set<Impact> impacts(String request, String body) {
        return action(request, body).impacts();
    }

    Set<String> resources(String request, String body) {
        return action(request, body).resources().stream()
                .map(Resource::toString)
                .collect(Collectors.toSet());
    }

    static List<String> facts(Action action, String name) {
        return action.facts().stream()
                .filter(fact -> fact.name().equals(name))
                .map(Fact::value)
                .toList();
    }

    /** Reads impacts from a table of cases: their names, separated by spaces. */
    static Set<Impact> words(String impacts) {
        Set<Impact> set = new TreeSet<>();
        for (String word : impacts.strip().split(" ")) {
            set.add(Impact.valueOf(word));
        }
        return set;
    }

    /**
     * Returns the exceptions for {@code catalog} in {@code file}: the operation, or a star for all, and its part; each
     * with the reason.
     */
    static Map<String, String> exceptions(String file, String catalog) {
        Map<String, String> exceptions = new LinkedHashMap<>();
        for (String line : lines(file)) {
            String[] fields = line.split("\t");
            assertThat(fields).as(line).hasSize(4);
            if (fields[0].equals(catalog)) {
                assertThat(exceptions.put(fields[1] + " " + fields[2], fields[3]))
                        .as(line)
                        .isNull();
            }
        }
        return exceptions;
    }
}
