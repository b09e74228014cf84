package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.testing.BuiltIn;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that each probe's request is readable and destructive, so that its refusal does not depend on its form. */
final class DestructiveProbeTest {

    @ParameterizedTest
    @ValueSource(strings = {"github", "hetzner", "neon", "railway", "supabase"})
    void eachProbeDestroysAMissingResource(String provider) {
        Catalog catalog = BuiltIn.CATALOGS.find(provider).orElseThrow();
        HttpCall call = catalog.destructiveProbe("interlock-probe").orElseThrow();
        List<Action> actions = ((CallReading.CallMeaning) catalog.read(call)).actions();
        assertThat(actions).anyMatch(action -> action.has(Impact.DESTROY));
        assertThat(actions)
                .flatExtracting(action -> List.copyOf(action.resources()))
                .extracting(Resource::toString)
                .allMatch(resource -> resource.contains("interlock-probe") || resource.matches(".*[/]0"));
    }

    static Stream<Catalog> all() {
        return Stream.concat(
                BuiltIn.CATALOGS.names().stream()
                        .map(name -> BuiltIn.CATALOGS.find(name).orElseThrow())
                        .filter(catalog -> !catalog.protocols().contains("sql")), // its listener has its own probes
                Stream.of("graphql", "mcp", "rest")
                        .map(protocol -> Catalogs.read(protocol + ".yaml", Bytes.utf8(Catalogs.example(protocol)))));
    }

    /** A probe must show that a front refuses, even if nothing can be destroyed through it. */
    @ParameterizedTest
    @MethodSource("all")
    void eachProviderHasAProbe(Catalog catalog) {
        HttpCall call = catalog.harmlessProbe("interlock-probe").orElseThrow();
        assertThat(catalog.read(call)).isInstanceOf(CallReading.CallMeaning.class);
    }

    /** A custom catalog may name the target only in bodies, or select only a name from the deleted object. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "protocol: rest\noperations:\n  delete: {request: 'POST /delete {id}', impacts: [destroy],"
                        + " reversibility: irreversible, resources: {body.id: order}, effect: Deletes it.}",
                "protocol: graphql\nendpoints: [/graphql]\nlabels: [id]\ninputs: {}\ntypes: {Order: id token}\nsecrets: {}\n"
                        + "queries: {}\nmutations:\n  delete: {takes: id, gives: Order, impacts: [destroy],"
                        + " reversibility: irreversible, resources: {id: order}, effect: Deletes it.}",
                "protocol: mcp\nendpoints: [/mcp]\ntools:\n  delete: {takes: id, impacts: [destroy],"
                        + " reversibility: irreversible, resources: {id: order}, effect: Deletes it.}",
            })
    void aProbeMayNameItsResourceInTheBody(String text) {
        Catalog catalog = Catalogs.read(
                "own.yaml",
                Bytes.utf8("format: interlock-catalog@v1\nprovider: own\ncarriers: {headers: [authorization]}\n"
                        + "forwarded-headers: []\n" + text + "\n"));
        HttpCall call = catalog.destructiveProbe("interlock-probe").orElseThrow();
        assertThat(((CallReading.CallMeaning) catalog.read(call)).actions())
                .flatExtracting(action -> List.copyOf(action.resources()))
                .containsExactly(Resource.parse("own:order/interlock-probe"));
    }

    /** A request without a name would mean everything. */
    @Test
    void noProbeDestroysMoreThanTheNamedResource() {
        Catalog catalog = Catalogs.read("own.yaml", Bytes.utf8("""
                format: interlock-catalog@v1
                provider: own
                protocol: rest
                carriers: {headers: [authorization]}
                forwarded-headers: []
                operations:
                  wipe: {request: DELETE /everything, impacts: [destroy], reversibility: irreversible, effect: Wipes it.}
                """));
        assertThat(catalog.destructiveProbe("interlock-probe")).isEmpty();
    }
}
