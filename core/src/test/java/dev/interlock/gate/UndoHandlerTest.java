package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.UndoRequests.Mode;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.testing.TestingClock;
import dev.interlock.undo.KeptState;
import dev.interlock.undo.UndoStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The provider is one issue whose labels calls replace; it answers with those that it has. */
final class UndoHandlerTest {

    private static final String RULES = "undo: {for: 7d, agent-for: 1h, max-bytes: 2000}\n";

    @TempDir
    private Path directory;

    private final ObjectMapper json = new ObjectMapper();
    private GateFixture house;
    private List<String> labels = List.of("bug", "urgent");

    @BeforeEach
    void open() throws IOException {
        house = provided(new GateFixture(directory, RULES));
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private GateFixture provided(GateFixture fixture) {
        fixture.asker = (_, question) -> {
            String path = "GET /repos/acme/shop/issues/1";
            if (question.path().equals("/repos/acme/shop")) {
                return Bytes.utf8("{\"full_name\":\"acme/shop\",\"default_branch\":\"main\"}");
            }
            assertThat(question.method() + " " + question.path()).isIn(path, path + "/labels");
            return question.path().endsWith("/labels") ? labels() : issue();
        };
        fixture.upstream.meanwhile = () -> labels = sent((HttpCall) fixture.upstream.arrived.getLast());
        return fixture;
    }

    private Bytes labels() throws IOException {
        return Bytes.of(json.writeValueAsBytes(json.readTree(issue().toArray()).path("labels")));
    }

    private Bytes issue() throws IOException {
        ObjectNode issue = json.createObjectNode().put("title", "It fails");
        labels.forEach(name -> issue.withArray("labels").addObject().put("name", name));
        if (labels.isEmpty()) {
            issue.putArray("labels");
        }
        return Bytes.of(json.writeValueAsBytes(issue));
    }

    private List<String> sent(HttpCall call) {
        try {
            JsonNode names = json.readTree(call.body().toArray()).path("labels");
            List<String> all = new ArrayList<>();
            names.forEach(name -> all.add(name.asText()));
            return all;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static HttpCall replacement(String... names) {
        return new HttpCall(
                "PUT",
                "api.github.com",
                "/repos/acme/shop/issues/1/labels",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.of(Json.object().withTexts("labels", List.of(names)).canonical()));
    }

    private Outcome<String> send(HttpCall call) {
        return house.send("github-asked", call, house.token);
    }

    private String forwarded(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        return outcome.receipt();
    }

    /** What comes back only as something new is asked about although it is kept. */
    private Outcome<String> sendConfirmed(HttpCall call) {
        Outcome.Held<String> held = (Outcome.Held<String>) send(call);
        assertThat(asked(held)).contains("(destroy, recoverable)");
        house.sign(held.hold());
        return send(call);
    }

    private UndoRequests.Result undo(String receipt, Mode mode, Secret token) {
        return undo(receipt, mode, token, false);
    }

    private UndoRequests.Result undo(String receipt, Mode mode, Secret token, boolean isByPerson) {
        return house.undoing.undo(new UndoRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                receipt,
                mode,
                isByPerson,
                house.clock.instant()));
    }

    private UndoRequests.Result undo(String receipt, Mode mode) {
        return undo(receipt, mode, house.token);
    }

    private static Json.Members report(UndoRequests.Result result) {
        assertThat(result).isInstanceOf(UndoRequests.Result.UndoReport.class);
        return ((UndoRequests.Result.UndoReport) result).members();
    }

    private static Refusal refusal(UndoRequests.Result result) {
        assertThat(result).isInstanceOf(UndoRequests.Result.UndoRefused.class);
        return ((UndoRequests.Result.UndoRefused) result).refusal();
    }

    @Test
    void aReplacementWhoseStateIsKeptIsAWriteThatNobodyIsAskedFor() {
        String receipt = forwarded(send(replacement("bug")));
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-github-asked-write");
        Json.Members action = (Json.Members) house.upstream
                .recordsOnArrival
                .getFirst()
                .getLast()
                .members()
                .items("actions")
                .getFirst();
        assertThat(action.text("reversibility")).isEqualTo("reversible");
        assertThat(action.objects("facts"))
                .anySatisfy(fact ->
                        assertThat(fact.text("name") + " " + fact.text("value")).isEqualTo("undo possible for 7d"));
        assertThat(receipt).isNotEmpty();
    }

    /** Machines merge what loses it, and no kept label takes that back. */
    @Test
    void aReplacementThatTakesAwayWhatHoldsAMergeBackIsNoWrite() {
        labels = List.of("bug", "on hold");
        assertThat(send(replacement("bug"))).isInstanceOf(Outcome.Refused.class); // its lease runs nothing
        assertThat(house.upstream.arrived).isEmpty();
        forwarded(send(replacement("bug", "on hold")));
    }

    /** What others have kept stops nobody, and nothing is lost unasked. */
    @Test
    void peopleAreAskedAboutWhatThereIsNoRoomFor() throws Exception {
        KeptState.LeaseScope scope = new KeptState.LeaseScope(
                "L-1", "jer/cursor", "fix", Optional.empty(), Set.of("staging"), Set.of(Impact.WRITE));
        Instant now = house.clock.instant();
        Bytes most = Bytes.of(new byte[(32 << 20) - 1_000]);
        KeptState large = new KeptState("R-1", scope, "github-asked", "else", now, now.plusSeconds(60), most);
        assertThat(house.states.keep(large, house.states.nextReading())).isEqualTo(UndoStore.KeepResult.KEPT);
        house.states.end("R-1");
        assertThat(send(replacement("bug"))).isInstanceOf(Outcome.Held.class);
        house.states.drop("R-1");
        forwarded(send(replacement("bug")));
    }

    @Test
    void anUndoPutsTheStateBackAndItsReceiptNamesTheCall() {
        String receipt = forwarded(send(replacement("bug")));
        assertThat(report(undo(receipt, Mode.SHOW, house.token, true)).texts("differ_from_before"))
                .containsExactly("labels");
        Json.Members own = report(undo(receipt, Mode.SHOW));
        assertThat(own.texts("values")).containsExactly("labels");
        assertThat(own.members()).as("no oracle for guesses").doesNotContainKeys("differ_from_before", "restored");
        assertThat(labels).containsExactly("bug");
        assertThat(report(undo(receipt, Mode.RESTORE)).flag("restored")).isTrue();
        assertThat(labels).containsExactlyInAnyOrder("bug", "urgent");
        assertThat(house.receipts())
                .filteredOn(each -> each.kind() == Receipt.Kind.INTENT)
                .last()
                .satisfies(intent -> assertThat(intent.members().text("undoes")).isEqualTo(receipt));
        assertThat(report(undo(receipt, Mode.RESTORE, house.token, true)).flag("restored"))
                .isTrue();
        assertThat(house.upstream.arrived).hasSize(2);
    }

    /** Who may not read the state could overwrite it with guesses, have it put back, and compare. */
    @Test
    void noAnswerToAnAgentTellsWhetherItsGuessWasRight() throws IOException {
        house.close();
        String blind = """
                @id("nobody-reads-the-issue")
                forbid (principal, action == Operation::Action::"github/issues/get", resource);
                """;
        house = provided(new GateFixture(directory.resolve("blind"), RULES, GateFixture.CEDAR + blind));
        List<List<String>> answers = new ArrayList<>();
        for (String guess : List.of("wrong", "hunter2")) {
            labels = List.of("hunter2");
            String receipt = forwarded(send(replacement(guess)));
            List<String> told = new ArrayList<>(List.of(told(receipt, Mode.SHOW)));
            labels = List.of("hunter2"); // somebody else puts it back
            told.add(told(receipt, Mode.SHOW));
            told.add(told(receipt, Mode.RESTORE));
            told.add(told(receipt, Mode.FORCE));
            told.add(told(receipt, Mode.SHOW));
            told.add(told(receipt, Mode.RESTORE));
            assertThat(labels).containsExactly("hunter2");
            answers.add(told);
        }
        assertThat(answers.getFirst()).isEqualTo(answers.getLast()).noneMatch(told -> told.contains("changed_since"));
        assertThat(answers.getFirst().get(2)).contains("may not read what this call changed");
    }

    private String told(String receipt, Mode mode) {
        return switch (undo(receipt, mode)) {
            case UndoRequests.Result.UndoReport report ->
                report.members().without(Set.of("undoes", "at", "kept_until")).toString();
            case UndoRequests.Result.UndoRefused refused -> refused.refusal().toString();
        };
    }

    @Test
    void anUndoCanBeUndone() {
        String receipt = forwarded(send(replacement("bug")));
        String back = undo(receipt, Mode.RESTORE).receipt();
        assertThat(report(undo(back, Mode.RESTORE)).flag("restored")).isTrue();
        assertThat(labels).containsExactly("bug");
    }

    @Test
    void aLaterChangeIsOverwrittenOnlyByForce() {
        String receipt = forwarded(send(replacement("bug")));
        labels = List.of("bug", "wontfix");
        assertThat(refusal(undo(receipt, Mode.RESTORE)).reason()).contains("Somebody has changed this since", "labels");
        assertThat(labels).containsExactly("bug", "wontfix");
        assertThat(report(undo(receipt, Mode.FORCE)).flag("restored")).isTrue();
        assertThat(labels).containsExactlyInAnyOrder("bug", "urgent");
    }

    @Test
    void anAgentUndoesItsOwnFreshCallsOnlyAndAPersonAnyThatIsKept() {
        String receipt = forwarded(send(replacement("bug")));
        Leases.LeaseResult.IssuedLease other = (Leases.LeaseResult.IssuedLease) house.leases.issue(
                house.seal, LeaseRequest.under(house.seal.tasks().get("fix-staging"), "jer/cursor"));
        assertThat(refusal(undo(receipt, Mode.SHOW, other.token())).kind()).isEqualTo(Refusal.Kind.DENIED);
        house.clock.pass(Duration.ofHours(1));
        assertThat(refusal(undo(receipt, Mode.RESTORE)).kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(report(undo(receipt, Mode.RESTORE, other.token(), true)).flag("restored"))
                .isTrue();
    }

    @Test
    void aStateIsNoLongerKeptAfterItsTime() throws IOException {
        String receipt = forwarded(send(replacement("bug")));
        assertThat(house.undoing.scope(receipt)).isPresent();
        house.clock.pass(Duration.ofDays(7));
        assertThat(house.undoing.scope(receipt)).isEmpty();
    }

    @Test
    void aCallWhoseStateCannotBeReadIsAsked() {
        house.asker = (_, _) -> {
            throw new IOException("nobody is there");
        };
        assertThat(send(replacement("bug"))).isInstanceOf(Outcome.Held.class);
        house.asker = (_, _) -> Bytes.utf8("{\"title\":\"no labels here\"}");
        assertThat(send(replacement("bug"))).isInstanceOf(Outcome.Held.class);
        labels = Stream.iterate("x", name -> name + "x").limit(100).toList();
        house.asker = (_, _) -> issue();
        assertThat(send(replacement("bug"))).isInstanceOf(Outcome.Held.class); // longer than the seal permits
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void withoutRulesInTheSealNothingIsReadOrKept() throws IOException {
        try (GateFixture plain = new GateFixture(directory.resolve("plain"))) {
            plain.asker = (_, question) -> {
                assertThat(question.path()).endsWith("/labels"); // only what the comparison needs
                return Bytes.utf8("[{\"name\":\"bug\"},{\"name\":\"urgent\"}]");
            };
            assertThat(plain.send("github-asked", replacement("bug"), plain.token))
                    .isInstanceOf(Outcome.Held.class);
        }
    }

    /** The second call has read a state that the first one changes: what it would keep is never there again. */
    @Test
    void ofTwoCallsThatReadTheSameStateOnlyOneGoes() {
        List<Outcome<String>> others = new ArrayList<>();
        house.upstream.meanwhile = () -> {
            if (others.isEmpty()) {
                others.add(null);
                others.set(0, send(replacement("second")));
            }
            labels = sent((HttpCall) house.upstream.arrived.getLast());
        };
        forwarded(send(replacement("first")));
        assertThat(others.getFirst()).isInstanceOf(Outcome.Refused.class);
        assertThat(((Outcome.Refused<String>) others.getFirst()).refusal().reason())
                .contains("Another call has just changed");
        assertThat(house.upstream.arrived).hasSize(1);
        forwarded(send(replacement("second")));
    }

    @Test
    void aStateReadBeforeAnotherCallChangedItIsNotKept() {
        List<Boolean> once = new ArrayList<>();
        house.onIntent = () -> {
            if (once.isEmpty()) {
                once.add(true);
                forwarded(send(replacement("meanwhile")));
            }
        };
        assertThat(send(replacement("late"))).isInstanceOf(Outcome.Refused.class);
        assertThat(labels).containsExactly("meanwhile");
    }

    @Test
    void aCallThatTheProviderRefusedKeepsNothing() throws IOException {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_THAT_IT_FAILED;
        house.upstream.meanwhile = () -> {};
        Outcome<String> outcome = send(replacement("bug"));
        assertThat(house.undoing.scope(outcome.receipt())).isEmpty();
    }

    /** What stood there before may be a credential that the vault knows since. */
    @Test
    void aStateWithAStoredCredentialComesBack() {
        labels = List.of("secret-of-railway-destroy");
        String receipt = forwarded(send(replacement("bug")));
        assertThat(report(undo(receipt, Mode.RESTORE)).flag("restored")).isTrue();
        assertThat(labels).containsExactly("secret-of-railway-destroy");
    }

    /** The restoring call of a deleted branch runs code, which this lease may not. */
    private static HttpCall deletion(String path) {
        return new HttpCall("DELETE", "api.github.com", path, List.of(), List.of(), Bytes.empty());
    }

    /** Returns the token of a lease without `execute`. */
    private Secret narrow() {
        return ((Leases.LeaseResult.IssuedLease) house.leases.issue(
                        house.seal,
                        new LeaseRequest(
                                "jer/cursor",
                                "fix-staging",
                                Optional.of("fix-staging"),
                                Set.of("staging"),
                                Set.of(Impact.READ, Impact.WRITE, Impact.DESTROY),
                                Set.of(),
                                Optional.empty(),
                                Duration.ofHours(1))))
                .token();
    }

    private static String asked(Outcome<String> outcome) {
        return ((Outcome.Held<String>) outcome).refusal().reason();
    }

    private static String comment(String text) {
        return "{\"body\":\"" + text + "\",\"issue_url\":\"https://api.github.com/repos/acme/shop/issues/1\"}";
    }

    /** Writing this comment again would command a bot: that is `execute`, and the lease has none. */
    @Test
    void aCallCountsAsItDidIfTheLeaseDoesNotCoverItsUndo() {
        house.asker = (_, _) -> Bytes.utf8(comment("/deploy"));
        HttpCall deletion = deletion("/repos/acme/shop/issues/comments/7");
        assertThat(asked(house.send("github-asked", deletion, narrow()))).contains("(destroy, irreversible)");
        assertThat(asked(send(deletion))).contains("(destroy, recoverable)");
    }

    /** Writing this comment again would mention a person, of whom GitHub is asked. */
    @Test
    void deletedMentionOfAPersonCanBeUndone() {
        house.asker = (_, question) -> Bytes.utf8(
                question.path().startsWith("/users/")
                        ? "{\"login\":\"alice\",\"type\":\"User\"}"
                        : comment("Thanks @alice."));
        HttpCall deletion = deletion("/repos/acme/shop/issues/comments/7");
        assertThat(asked(house.send("github-asked", deletion, narrow()))).contains("(destroy, recoverable)");
    }

    /** To make a branch of any commit is `execute`; to make it again where it stood is a write. */
    /** Its name alone could be made again: its commits may be gone, and to make a branch of a commit runs its code. */
    @Test
    void aBranchThatTheApiDeletesIsAskedAbout() {
        assertThat(house.send("github-asked", deletion("/repos/acme/shop/git/refs/heads/topic"), narrow()))
                .isInstanceOf(Outcome.Held.class);
    }

    @Test
    void aDeletedCommentIsWrittenAnewOnce() {
        List<String> texts = new ArrayList<>(List.of("Fixed."));
        house.asker = (_, _) -> {
            if (texts.isEmpty()) {
                throw new IOException("not found");
            }
            return Bytes.utf8(comment(texts.getFirst()));
        };
        house.upstream.meanwhile = texts::clear;
        String receipt = forwarded(sendConfirmed(deletion("/repos/acme/shop/issues/comments/7")));
        house.upstream.meanwhile = () -> {};
        Json.Members told = report(undo(receipt, Mode.RESTORE));
        assertThat(told.text("anew")).contains("new comment");
        HttpCall made = (HttpCall) house.upstream.arrived.getLast();
        assertThat(made.method() + " " + made.path()).isEqualTo("POST /repos/acme/shop/issues/1/comments");
        assertThat(refusal(undo(receipt, Mode.RESTORE)).kind())
                .as("a second comment would be one too many")
                .isEqualTo(Refusal.Kind.DENIED);
        assertThat(house.upstream.arrived).hasSize(2);
    }

    @Test
    void aCommentThatTheProviderDidNotTakeCanBeTriedAgain() throws IOException {
        List<String> texts = new ArrayList<>(List.of("Fixed."));
        house.asker = (_, _) -> {
            if (texts.isEmpty()) {
                throw new IOException("not found");
            }
            return Bytes.utf8(comment(texts.getFirst()));
        };
        house.upstream.meanwhile = texts::clear;
        String receipt = forwarded(sendConfirmed(deletion("/repos/acme/shop/issues/comments/7")));
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_THAT_IT_FAILED;
        house.upstream.meanwhile = () -> {};
        refusal(undo(receipt, Mode.RESTORE));
        assertThat(house.undoing.scope(receipt)).isPresent();
    }

    @Test
    void aCallThatWasNotSentKeepsNothing() throws IOException {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        house.upstream.meanwhile = () -> {};
        Outcome<String> outcome = send(replacement("bug"));
        assertThat(house.undoing.scope(outcome.receipt())).isEmpty();
        house.upstream.fault = FakeUpstream.Fault.NONE;
        forwarded(send(replacement("bug")));
    }

    @Test
    void aCallWithAnUnknownOutcomeCanBeUndone() {
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        String receipt = send(replacement("bug")).receipt();
        house.upstream.fault = FakeUpstream.Fault.NONE;
        assertThat(labels).containsExactly("bug");
        assertThat(report(undo(receipt, Mode.RESTORE)).flag("restored")).isTrue();
        assertThat(labels).containsExactlyInAnyOrder("bug", "urgent");
    }

    @Test
    void aStateOutlivesARestart() throws IOException {
        String receipt = forwarded(send(replacement("bug")));
        TestingClock clock = house.clock;
        house.close();
        house = provided(new GateFixture(directory, RULES, GateFixture.CEDAR, clock));
        Leases.LeaseResult.IssuedLease person = (Leases.LeaseResult.IssuedLease) house.leases.issue(
                house.seal, LeaseRequest.under(house.seal.tasks().get("fix-staging"), "jer/cursor"));
        assertThat(report(undo(receipt, Mode.RESTORE, person.token(), true)).flag("restored"))
                .isTrue();
    }

    @Test
    void theStoreShowsNothingOfAState() throws IOException {
        labels = List.of("label-of-great-secrecy");
        forwarded(send(replacement("another-secret-label")));
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("label-of-great-secrecy", "another-secret-label");
            }
        }
    }

    /** It has been put back. That nobody can read it just now is no sign of the contrary. */
    @Test
    void aStateThatCannotBeReadAfterwardsIsNotSaidToDiffer() {
        String receipt = forwarded(send(replacement("bug")));
        Runnable arriving = house.upstream.meanwhile;
        house.upstream.meanwhile = () -> {
            arriving.run();
            house.asker = (_, _) -> {
                throw new IOException("away");
            };
        };
        assertThat(refusal(undo(receipt, Mode.RESTORE)).reason())
                .contains("was sent (done)", "could not be read afterwards")
                .doesNotContain("still not");
        assertThat(labels).containsExactly("bug", "urgent");
    }

    @Test
    void anAnswerThatDoesNotPutTheStateBackIsNoSuccess() {
        String receipt = forwarded(send(replacement("bug")));
        house.upstream.meanwhile = () -> {};
        assertThat(refusal(undo(receipt, Mode.RESTORE)).reason()).contains("still not as it was before");
    }
}
