package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that what a catalog recommends is judged as it will be when it is sent. */
class SaferTest {

    private static final Catalogs CATALOGS = Catalogs.builtIn();

    private static Set<String> catalogs() {
        return CATALOGS.names();
    }

    private static Catalog catalog(String name) {
        return CATALOGS.find(name).orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void eachRecommendedOperationIsFound(String name) {
        Catalog catalog = catalog(name);
        for (OperationSummary operation : catalog.operations()) {
            Action action = new Action(
                    operation.operation(),
                    operation.possible(),
                    operation.reversibility(),
                    Set.of(new Resource(name, "account", "self")),
                    List.of());
            assertThat(catalog.safer(action).map(Action::operation))
                    .as(operation.operation().toString())
                    .isEqualTo(operation.safer().map(OperationSummary.SaferAlternative::operation));
        }
    }

    private static Action action(String mutation) {
        HttpCall call = new HttpCall(
                "POST",
                "",
                "/graphql/v2",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.of(Json.object()
                        .with("query", "mutation { " + mutation + " }")
                        .canonical()));
        CallReading reading = catalog("railway").read(call);
        assertThat(reading).as(mutation).isInstanceOf(CallReading.CallMeaning.class);
        return ((CallReading.CallMeaning) reading).actions().getFirst();
    }

    /** The advice of serviceInstanceUpdate must not lead into a wall. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "numReplicas: 2 | deploy: {numReplicas: 2}",
                "numReplicas: 0 | deploy: {numReplicas: 0}",
                "sleepApplication: true | deploy: {sleepApplication: true}",
                "overlapSeconds: 5 | deploy: {overlapSeconds: 5}",
                "drainingSeconds: 5 | deploy: {drainingSeconds: 5}",
                "ipv6EgressEnabled: true | deploy: {ipv6EgressEnabled: true}",
                "healthcheckPath: \"/up\" | deploy: {healthcheckPath: \"/up\"}",
                "restartPolicyType: NEVER | deploy: {restartPolicyType: NEVER}",
                "cronSchedule: \"0 * * * *\" | deploy: {cronSchedule: \"0 * * * *\"}",
                "startCommand: \"./run\" | deploy: {startCommand: \"./run\"}",
                "buildCommand: \"make\" | build: {buildCommand: \"make\"}",
                "dockerfilePath: \"D\" | build: {dockerfilePath: \"D\"}",
            })
    void aPatchIsJudgedNoWorseThanItsRecommendationSays(String update, String patch) {
        Action said = action("serviceInstanceUpdate(environmentId: \"e\", serviceId: \"s\", input: {" + update + "})");
        Action meant = action("environmentPatchCommit(environmentId: \"e\", patch: {services: {s: {" + patch + "}}})");
        Action predicted = catalog("railway").safer(said).orElseThrow();
        assertThat(predicted.operation()).isEqualTo(meant.operation());
        assertThat(predicted.impacts()).containsAll(meant.impacts());
        assertThat(meant.impacts().equals(Set.of(Impact.WRITE)))
                .isEqualTo(said.impacts().equals(Set.of(Impact.WRITE)));
        assertThat(predicted.reversibility()).isGreaterThanOrEqualTo(meant.reversibility());
    }

    @Test
    void whatAnOperationAlwaysLosesItsAlternativeNeedNot() {
        Action predicted = catalog("railway")
                .safer(action("volumeDelete(volumeId: \"v\")"))
                .orElseThrow();
        assertThat(predicted.impacts()).containsExactly(Impact.WRITE);
    }
}
