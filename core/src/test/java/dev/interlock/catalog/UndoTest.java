package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The undo plans of the catalogs that come with Interlock. */
final class UndoTest {

    private static final Catalog GITHUB = BuiltIn.CATALOGS.find("github").orElseThrow();
    private static final String INPUT = "projectId: \"p\", environmentId: \"e\", serviceId: \"s\"";

    private static Undo railway(String mutation) {
        return RailwayFixture.understood(RailwayFixture.document("mutation { " + mutation + " }"))
                .undo()
                .orElseThrow();
    }

    private static Optional<Undo> github(String method, String path, String body) {
        return undo(GITHUB, method, path, body);
    }

    private static Optional<Undo> undo(Catalog catalog, String method, String path, String body) {
        HttpCall call = new HttpCall(
                method,
                "api.example.com",
                path,
                List.of(),
                body.isEmpty() ? List.of() : List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
        assertThat(catalog.read(call)).isInstanceOf(CallReading.CallMeaning.class);
        return ((CallReading.CallMeaning) catalog.read(call)).undo();
    }

    private static Catalog catalog(String name) {
        return BuiltIn.CATALOGS.find(name).orElseThrow();
    }

    private static String text(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8);
    }

    /** Returns the body of the restoring request, which the catalog must understand. */
    private static String restoration(Catalog catalog, Undo undo, String answer) {
        Bytes shown = Bytes.utf8(answer);
        UndoState before = undo.before(shown).orElseThrow();
        assertThat(UndoState.read(before.json())).isEqualTo(before);
        HttpCall call = HttpCall.of(undo.restoration(before, Optional.of(shown)).orElseThrow());
        assertThat(catalog.read(call)).isInstanceOf(CallReading.CallMeaning.class);
        return call.method() + " " + call.path() + " " + text(call);
    }

    private static void requireRecoverable(Action action) {
        assertThat(action.impacts()).doesNotContain(Impact.DESTROY);
        assertThat(action.reversibility()).isNotEqualTo(Reversibility.IRREVERSIBLE);
    }

    /** What comes back only as something new may be somebody else's, so it is still lost. */
    private static void requireLostButRecoverable(Action action) {
        assertThat(action.impacts()).contains(Impact.DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.RECOVERABLE);
    }

    @Test
    void aVariableGetsItsOldValueBack() {
        Undo undo = railway("variableUpsert(input: {" + INPUT + ", name: \"KEY\", value: \"\"})");
        requireRecoverable(undo.action());
        assertThat(text(HttpCall.of(undo.question()))).contains("variables(").contains("unrendered: true");
        assertThat(restoration(
                        RailwayFixture.CATALOG, undo, "{\"data\":{\"value\":{\"KEY\":\"old\",\"OTHER\":\"x\"}}}"))
                .contains("\"variables\":{\"KEY\":\"old\"}")
                .contains("\"replace\":false")
                .doesNotContain("OTHER");
    }

    /** Railway does not answer with sealed variables: one that is not there may be lost by the call. */
    @Test
    void aVariableThatIsNotShownCannotBePutBack() {
        Undo undo = railway("variableUpsert(input: {" + INPUT + ", name: \"KEY\", value: \"new\"})");
        Bytes answer = Bytes.utf8("{\"data\":{\"value\":{\"OTHER\":\"x\"}}}");
        assertThat(undo.before(answer)).isEmpty();
        assertThat(undo.present(answer)).isPresent();
    }

    @Test
    void aDeletedVariableComesBack() {
        Undo undo = railway("variableDelete(input: {" + INPUT + ", name: \"KEY\"})");
        assertThat(undo.action().impacts()).containsExactly(Impact.WRITE);
        assertThat(restoration(RailwayFixture.CATALOG, undo, "{\"data\":{\"value\":{\"KEY\":\"old\"}}}"))
                .contains("\"variables\":{\"KEY\":\"old\"}");
    }

    @Test
    void whatAnUndoDoesNotPutBackStaysWhatItIs() {
        Undo data = railway("variableUpsert(input: {" + INPUT + ", name: \"PGDATA\", value: \"/tmp\"})");
        assertThat(data.action().impacts()).contains(Impact.DESTROY);
        Undo code = railway("variableUpsert(input: {" + INPUT + ", name: \"NODE_OPTIONS\", value: \"x\"})");
        assertThat(code.action().impacts()).contains(Impact.EXECUTE);
        Undo removed = railway("variableDelete(input: {" + INPUT + ", name: \"PGDATA\"})");
        assertThat(removed.action().impacts()).contains(Impact.DESTROY);
        // Every variable that is not listed would be lost, and only the listed one could be put back.
        assertThat(RailwayFixture.understood(RailwayFixture.document("mutation { variableCollectionUpsert(input: {"
                                + INPUT + ", replace: true, variables: {KEY: \"x\"}}) }"))
                        .undo())
                .isEmpty();
    }

    @Test
    void anAnswerWithErrorsShowsNoState() {
        Undo undo = railway("variableDelete(input: {" + INPUT + ", name: \"KEY\"})");
        for (String answer : List.of(
                "{\"errors\":[],\"data\":{\"value\":{\"KEY\":\"old\"}}}",
                "{\"data\":null}",
                "{\"data\":{\"value\":null}}",
                "{\"data\":{\"value\":[]}}",
                "{\"data\":{\"value\":{\"KEY\":null}}}",
                "not JSON")) {
            assertThat(undo.before(Bytes.utf8(answer))).as(answer).isEmpty();
        }
    }

    @Test
    void aForcedBranchMovesBackToItsCommit() {
        Undo undo = github("PATCH", "/repos/a/b/git/refs/heads/topic", "{\"sha\":\"new\",\"force\":true}")
                .orElseThrow();
        assertThat(undo.action().impacts()).containsExactlyInAnyOrder(Impact.WRITE, Impact.EXECUTE);
        assertThat(undo.action().reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(restoration(GITHUB, undo, "{\"object\":{\"sha\":\"old\"}}"))
                .isEqualTo("PATCH /repos/a/b/git/refs/heads/topic {\"force\":true,\"sha\":\"old\"}");
    }

    /** Its commit may be collected, and the API shows none of its history. A push that deletes it keeps that. */
    @Test
    void aBranchThatTheApiDeletesIsNotKept() {
        assertThat(github("DELETE", "/repos/a/b/git/refs/heads/topic", "")).isEmpty();
    }

    @Test
    void aDeletedCommentIsWrittenAnew() {
        Undo undo = github("DELETE", "/repos/a/b/issues/comments/77", "").orElseThrow();
        requireLostButRecoverable(undo.action());
        assertThat(HttpCall.of(undo.question()).path()).isEqualTo("/repos/a/b/issues/comments/77");
        assertThat(undo.difference()).isPresent();
        String shown = "{\"id\":77,\"body\":\"Fixed.\",\"issue_url\":\"https://api.github.com/repos/a/b/issues/12\"}";
        assertThat(restoration(GITHUB, undo, shown))
                .isEqualTo("POST /repos/a/b/issues/12/comments {\"body\":\"Fixed.\"}");
        assertThat(undo.before(Bytes.utf8("{\"id\":77,\"body\":\"Fixed.\"}"))).isEmpty();
    }

    /** A comment that commands a bot would command it once more. */
    @Test
    void aCommandIsNotWrittenAnewAsAMereWrite() {
        Undo undo = github("DELETE", "/repos/a/b/issues/comments/77", "").orElseThrow();
        Bytes shown = Bytes.utf8("{\"body\":\"/deploy\",\"issue_url\":\"https://api.github.com/repos/a/b/issues/12\"}");
        Call call = undo.restoration(undo.before(shown).orElseThrow(), Optional.of(shown))
                .orElseThrow();
        assertThat(GITHUB.read(call))
                .isInstanceOfSatisfying(
                        CallReading.CallMeaning.class,
                        meaning -> assertThat(meaning.actions().getFirst().impacts())
                                .contains(Impact.EXECUTE));
    }

    @Test
    void aFileGetsItsOldContentBack() {
        Undo undo = github(
                        "PUT",
                        "/repos/a/b/contents/docs/x.md",
                        "{\"message\":\"m\",\"content\":\"bmV3\",\"sha\":\"s1\",\"branch\":\"topic\"}")
                .orElseThrow();
        assertThat(HttpCall.of(undo.question()).query()).containsExactly(new HttpCall.Parameter("ref", "topic"));
        String answer = "{\"type\":\"file\",\"encoding\":\"base64\",\"content\":\"b2xk\\n\",\"sha\":\"s2\"}";
        assertThat(restoration(GITHUB, undo, answer))
                .contains("\"content\":\"b2xk\"", "\"sha\":\"s2\"", "\"branch\":\"topic\"");
        // GitHub answers without the content of a large file: an empty one must not be put back.
        assertThat(undo.before(Bytes.utf8(answer.replace("base64", "none")))).isEmpty();
    }

    @Test
    void settingsOfAnIssueComeBackAsFarAsTheyWereSent() {
        Undo undo = github("PATCH", "/repos/a/b/issues/1", "{\"state\":\"closed\",\"labels\":[],\"milestone\":3}")
                .orElseThrow();
        assertThat(undo.action().impacts()).isEqualTo(Set.of(Impact.WRITE, Impact.DESTROY));
        assertThat(restoration(
                        GITHUB,
                        undo,
                        "{\"state\":\"open\",\"title\":\"t\",\"labels\":[{\"name\":\"bug\"}],\"milestone\":null}"))
                .isEqualTo("PATCH /repos/a/b/issues/1 {\"labels\":[\"bug\"],\"milestone\":null,\"state\":\"open\"}");
    }

    @Test
    void settingsOfAProjectComeBackAsFarAsTheyWereSent() {
        Undo undo = railway(
                "projectUpdate(id: \"p\", input: {isPublic: true, description: null, prDeploys: false}) { id }");
        assertThat(text(HttpCall.of(undo.question()))).contains("project(", "description", "isPublic");
        assertThat(RailwayFixture.CATALOG.read(undo.question())).isInstanceOf(CallReading.CallMeaning.class);
        assertThat(
                        restoration(
                                RailwayFixture.CATALOG,
                                undo,
                                "{\"data\":{\"value\":{\"description\":\"shop\",\"isPublic\":false,\"prDeploys\":true,\"name\":\"n\"}}}"))
                .contains("\"isPublic\":false", "\"description\":\"shop\"", "\"prDeploys\":true")
                .doesNotContain("\"name\"");
        assertThat(undo.before(Bytes.utf8("{\"data\":{\"value\":{\"isPublic\":false}}}")))
                .isEmpty();
    }

    /** The call changes the service in every environment, and only one of them would be read. */
    @Test
    void settingsOfAServiceInSeveralEnvironmentsAreNotKept() {
        assertThat(RailwayFixture.understood(RailwayFixture.document(
                                "mutation { serviceInstanceUpdate(environmentId: \"e\", serviceId: \"s\","
                                        + " input: {numReplicas: 0}) }"))
                        .undo())
                .isEmpty();
    }

    @Test
    void settingsOfARepositoryComeBack() {
        Undo undo = github("PATCH", "/repos/a/b", "{\"has_wiki\":false,\"description\":\"new\"}")
                .orElseThrow();
        assertThat(undo.action().impacts()).isEqualTo(Set.of(Impact.WRITE, Impact.DESTROY));
        assertThat(restoration(GITHUB, undo, "{\"has_wiki\":true,\"description\":null,\"name\":\"b\"}"))
                .isEqualTo("PATCH /repos/a/b {\"description\":null,\"has_wiki\":true}");
        assertThat(github("PATCH", "/repos/a/b", "{\"has_wiki\":false,\"private\":false}"))
                .isEmpty();
    }

    @Test
    void aRequestThatChangesMoreThanThePlanCoversCannotBeUndone() {
        assertThat(github("PATCH", "/repos/a/b/issues/1", "{\"state\":\"closed\",\"assignee\":\"x\"}"))
                .isEmpty();
        assertThat(github("PUT", "/repos/a/b/issues/1/labels", "[\"bug\"]")).isEmpty();
    }

    @Test
    void differencesAreNamedAndNeverQuoted() {
        Undo undo = railway("variableUpsert(input: {" + INPUT + ", name: \"KEY\", value: \"new-secret\"})");
        UndoState before = undo.before(Bytes.utf8("{\"data\":{\"value\":{\"KEY\":\"old-secret\"}}}"))
                .orElseThrow();
        assertThat(before.differences(undo.after())).containsExactly("KEY");
        assertThat(before + " " + undo + " " + undo.after()).doesNotContain("old-secret", "new-secret");
    }

    @Test
    void recordsOfANameComeBack() {
        Catalog hetzner = catalog("hetzner");
        String shown =
                "{\"rrset\":{\"id\":\"www/A\",\"ttl\":null,\"records\":[{\"comment\":\"old\",\"value\":\"192.0.2.1\"}]}}";
        Undo set = undo(
                        hetzner,
                        "POST",
                        "/v1/zones/example.com/rrsets/www/A/actions/set_records",
                        "{\"records\":[{\"value\":\"192.0.2.9\"}]}")
                .orElseThrow();
        requireRecoverable(set.action());
        assertThat(HttpCall.of(set.question()).path()).isEqualTo("/v1/zones/example.com/rrsets/www/A");
        assertThat(restoration(hetzner, set, shown))
                .isEqualTo("POST /v1/zones/example.com/rrsets/www/A/actions/set_records"
                        + " {\"records\":[{\"comment\":\"old\",\"value\":\"192.0.2.1\"}]}");
        Undo deleted = undo(hetzner, "DELETE", "/v1/zones/example.com/rrsets/www/A", "")
                .orElseThrow();
        requireLostButRecoverable(deleted.action());
        assertThat(deleted.difference()).isPresent();
        assertThat(restoration(hetzner, deleted, shown))
                .isEqualTo("POST /v1/zones/example.com/rrsets {\"name\":\"www\",\"records\":[{\"comment\":\"old\","
                        + "\"value\":\"192.0.2.1\"}],\"type\":\"A\"}");
        assertThat(deleted.before(Bytes.utf8("{\"error\":{\"code\":\"not_found\"}}")))
                .isEmpty();
    }

    @Test
    void restrictionsOfADatabaseComeBack() {
        Catalog supabase = catalog("supabase");
        Undo undo = undo(
                        supabase,
                        "POST",
                        "/v1/projects/abc/network-restrictions/apply",
                        "{\"dbAllowedCidrs\":[\"0.0.0.0/0\"]}")
                .orElseThrow();
        assertThat(undo.action().impacts()).containsExactly(Impact.PRIVILEGE);
        assertThat(undo.action().reversibility()).isEqualTo(Reversibility.RECOVERABLE);
        assertThat(restoration(
                        supabase, undo, "{\"config\":{\"dbAllowedCidrs\":[\"192.0.2.0/24\"],\"dbAllowedCidrsV6\":[]}}"))
                .isEqualTo("POST /v1/projects/abc/network-restrictions/apply {\"dbAllowedCidrs\":[\"192.0.2.0/24\"]}");
        assertThat(undo.before(Bytes.utf8("{\"status\":\"stored\"}"))).isEmpty();
    }

    /** It stays in memory until the call is answered, and fragments multiply what a short body selects. */
    @Test
    void aCallOfManyPartsCannotBeUndone() {
        String update = "projectUpdate(id: \"p\", input: {name: \"n\"}) { ...A }";
        String fragments = " fragment A on Project { " + "...B ".repeat(20) + "} fragment B on Project { ";
        String few = "mutation { " + update + " }" + fragments + "id }";
        String many = "mutation { " + update + " }" + fragments
                + IntStream.range(0, 60).mapToObj(i -> "a" + i + ": id ").collect(Collectors.joining()) + "}";
        assertThat(RailwayFixture.understood(RailwayFixture.document(few)).undo())
                .isPresent();
        assertThat(RailwayFixture.understood(RailwayFixture.document(many)).undo())
                .isEmpty();
        String labels = IntStream.range(0, DeferredUndo.MAX_PARTS)
                .mapToObj(i -> "\"l" + i + '"')
                .collect(Collectors.joining(","));
        assertThat(github("PATCH", "/repos/o/r/issues/1", "{\"title\":\"t\",\"body\":\"" + "b ".repeat(30_000) + "\"}"))
                .isPresent();
        assertThat(github("PATCH", "/repos/o/r/issues/1", "{\"title\":\"t\",\"labels\":[" + labels + "]}"))
                .isEmpty();
    }
}
