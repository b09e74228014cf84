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
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Calls to Railway, and their meaning by its catalog. */
final class RailwayFixture {

    static final Catalogs CATALOGS = BuiltIn.CATALOGS;
    static final Catalog CATALOG = CATALOGS.find("railway").orElseThrow();

    private RailwayFixture() {}

    static HttpCall post(String body) {
        return post(Bytes.utf8(body), new Header("content-type", "application/json"));
    }

    static HttpCall post(Bytes body, Header... headers) {
        return new HttpCall("POST", "backboard.railway.com", "/graphql/v2", List.of(), Arrays.asList(headers), body);
    }

    static HttpCall get(HttpCall.Parameter... query) {
        return new HttpCall(
                "GET", "backboard.railway.com", "/graphql/v2", Arrays.asList(query), List.of(), Bytes.empty());
    }

    /** Returns a POST of one document. */
    static HttpCall document(String document) {
        return post("{\"query\":" + quoted(document) + "}");
    }

    static HttpCall document(String document, String variables) {
        return post("{\"query\":" + quoted(document) + ",\"variables\":" + variables + "}");
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    static List<Action> actions(HttpCall call) {
        return understood(call).actions();
    }

    static CallReading.CallMeaning understood(HttpCall call) {
        return assertThat(CATALOG.read(call))
                .isInstanceOf(CallReading.CallMeaning.class)
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(CallReading.CallMeaning.class))
                .actual();
    }

    static CallReading.CallRejection refused(HttpCall call) {
        return assertThat(CATALOG.read(call))
                .isInstanceOf(CallReading.CallRejection.class)
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(CallReading.CallRejection.class))
                .actual();
    }

    static Action one(String document) {
        return only(document(document));
    }

    static Action only(HttpCall call) {
        List<Action> actions = actions(call);
        assertThat(actions).hasSize(1);
        return actions.getFirst();
    }

    static Set<Impact> impacts(String document) {
        return one(document).impacts();
    }

    static Set<String> resources(String document) {
        return one(document).resources().stream().map(Resource::toString).collect(Collectors.toSet());
    }

    static List<String> facts(Action action, String name) {
        return action.facts().stream()
                .filter(fact -> fact.name().equals(name))
                .map(Fact::value)
                .toList();
    }
}
