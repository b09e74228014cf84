package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Secret;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.PlanStep;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.testing.SecretHunt;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingPasskey;
import dev.interlock.testing.TestingWorld;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the vault. Each proof here could come from a {@code confirm} package that approves everything. */
final class VaultTest {

    private static final String TOKEN = "rw_destroy+9f3a/77c2b1d04e55";
    private static final URI THERE = URI.create("https://railway.test/api/graphql/v2");
    private static final ResolvedAttempt DELETION = TestingWorld.deletion("vol_1", "production");

    @TempDir
    Path directory;

    private final TestingWorld world = new TestingWorld();
    private final TestingClock clock = new TestingClock();
    private Path root;
    private Json.Members payload;
    private TestingKey signedBy;
    private Vault vault;

    @BeforeEach
    void fill() throws IOException {
        root = directory.resolve("vault");
        payload = world.payload();
        signedBy = world.sealer;
        vault = reopened();
        vault.put("railway-production-destroy", Store.PROTECTED, new Secret(TOKEN));
        vault.put("railway-staging-destroy", Store.ORDINARY, new Secret("rw_staging_destroy"));
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_staging"));
        vault.put("railway-read", Store.ORDINARY, new Secret("rw_read"));
    }

    private Vault reopened() throws IOException {
        Vault.PinnedSealKeys pins = new Vault.PinnedSealKeys(Set.of(world.sealer.publicKey()), 1);
        return Vault.at(
                root,
                pins,
                "interlock.example/log",
                _ -> TestingWorld.envelope(payload, signedBy),
                clock,
                new SecureRandom());
    }

    private CredentialResult open(ResolvedAttempt sensed, Vault.ConfirmationProof proof) throws IOException {
        return vault.open(sealId(), sensed, Optional.of(proof), Optional.empty());
    }

    private String sealId() {
        return Bytes.of(payload.canonical()).sha256();
    }

    // A good proof, from which each bad one differs in one respect.

    private static Obligations oneOwner() {
        return obligations(new Obligations.Quorum(1, "owners"));
    }

    private static Obligations obligations(Obligations.Quorum... quorums) {
        return new Obligations(Set.of(quorums), Duration.ZERO, Optional.empty(), OptionalLong.empty(), false, false);
    }

    private Statement statement(ResolvedAttempt sensed, Obligations obligations) {
        return statement(sealId(), sensed, obligations, clock.instant(), "jer");
    }

    private Statement statement(
            String seal, ResolvedAttempt sensed, Obligations obligations, Instant opened, String person) {
        byte[] nonce = new byte[32];
        new SecureRandom().nextBytes(nonce);
        return new Statement(
                "H-01",
                seal,
                sensed.lease().root(),
                sensed.lease().agent(),
                person,
                Set.of(),
                "fix-staging",
                "railway",
                sensed.meaning(),
                sensed.request(),
                "Delete it.",
                Optional.empty(),
                obligations.canonical(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(nonce),
                opened,
                opened.plus(Duration.ofHours(1)),
                Optional.empty());
    }

    private static Vault.ConfirmationProof proof(Statement statement, TestingKey... signers) {
        return new Vault.ConfirmationProof(
                Bytes.of(statement.canonical()),
                List.of(signers).stream()
                        .map(key -> key.sign(Statement.NAMESPACE, statement.canonical()))
                        .toList());
    }

    private static void assertShut(CredentialResult opening, String because) {
        assertThat(opening).isInstanceOf(CredentialResult.CredentialRefused.class);
        assertThat(((CredentialResult.CredentialRefused) opening).reason()).contains(because);
    }

    private static String value(CredentialResult opening) {
        assertThat(opening).isInstanceOf(CredentialResult.CredentialOpened.class);
        return ((CredentialResult.CredentialOpened) opening)
                .credential()
                .headerFor(THERE)
                .use(value -> value);
    }

    // The protected store.

    @Test
    void opensForAGenuineConfirmation() throws IOException {
        assertThat(value(open(DELETION, proof(statement(DELETION, oneOwner()), world.ann))))
                .isEqualTo("Bearer " + TOKEN);
    }

    @Test
    void staysShutWithoutProof() throws IOException {
        assertShut(vault.open(sealId(), DELETION, Optional.empty(), Optional.empty()), "only for a confirmation");
    }

    @Test
    void staysShutForAProofOfNothing() throws IOException {
        assertShut(open(DELETION, new Vault.ConfirmationProof(Bytes.empty(), List.of())), "no readable statement");
        assertShut(
                open(DELETION, new Vault.ConfirmationProof(Bytes.utf8("{}"), List.of("yes"))), "no readable statement");
    }

    @Test
    void staysShutWithoutASignatureThatCounts() throws IOException {
        Statement statement = statement(DELETION, oneOwner());
        byte[] text = statement.canonical();
        String another =
                proof(statement(DELETION, oneOwner()), world.ann).signatures().getFirst();
        for (List<String> signatures : List.of(
                List.<String>of(),
                List.of(TestingKey.hardware().sign(Statement.NAMESPACE, text)),
                List.of(world.cat.sign(Statement.NAMESPACE, text)), // a software key
                List.of(world.ann.signUntouched(Statement.NAMESPACE, text)),
                List.of(world.ann.sign("interlock-seal@v1", text)),
                List.of(another))) {
            assertShut(open(DELETION, new Vault.ConfirmationProof(Bytes.of(text), signatures)), "no valid signature");
        }
    }

    @Test
    void opensForAPasskeyThatTheSealLetsACodeEnrol() throws IOException {
        Json.Members strict = payload.object("confirm");
        TestingPasskey passkey = TestingPasskey.at("http://localhost:7412");
        Json.Members enrolment =
                passkey.statement("ann").json().with("basis", Json.object().with("by", "code"));
        assertShut(open(DELETION, asserted(passkey, enrolment)), "no valid signature");

        payload = payload.with("confirm", strict.with("first_passkey", "code"));
        assertThat(value(open(DELETION, asserted(passkey, enrolment)))).contains(TOKEN);
        // The seal has no person of that name, and nobody has two keys for two people.
        Json.Members stranger = enrolment.with("person", "mallory");
        assertShut(open(DELETION, asserted(passkey, stranger)), "no valid signature");
    }

    @Test
    void opensForAPasskeyThatAKeyOfTheSealEndorsed() throws IOException {
        TestingPasskey passkey = TestingPasskey.ed25519At("https://gateway.example:8443");
        KeyStatement key = passkey.statement("ann");
        String good = world.ann.sign(KeyStatement.NAMESPACE, key.canonical());
        assertThat(value(open(DELETION, asserted(passkey, endorsed(key, good)))))
                .contains(TOKEN);

        String anothers = world.bob.sign(KeyStatement.NAMESPACE, key.canonical());
        assertShut(open(DELETION, asserted(passkey, endorsed(key, anothers))), "no valid signature");
        String forSomethingElse =
                world.ann.sign(KeyStatement.NAMESPACE, passkey.statement("bob").canonical());
        assertShut(open(DELETION, asserted(passkey, endorsed(key, forSomethingElse))), "no valid signature");
    }

    private static Json.Members endorsed(KeyStatement key, String signature) {
        return key.json()
                .with("basis", Json.object().with("by", "signatures").withTexts("signatures", List.of(signature)));
    }

    @Test
    void opensForASoftwareKeyThatTheSealAllows() throws IOException {
        payload = payload.with("confirm", Json.object().with("software_keys", true));
        assertThat(value(open(DELETION, proof(statement(DELETION, oneOwner()), world.cat))))
                .contains(TOKEN);
    }

    private Vault.ConfirmationProof asserted(TestingPasskey passkey, Json.Members enrolment) {
        Statement statement = statement(DELETION, oneOwner());
        return new Vault.ConfirmationProof(
                Bytes.of(statement.canonical()), List.of(passkey.sign(statement.canonical(), enrolment)));
    }

    @Test
    void staysShutForHalfAQuorumAndForOnePersonTwice() throws IOException {
        Obligations two = obligations(new Obligations.Quorum(2, "owners"));
        assertShut(open(DELETION, proof(statement(DELETION, two), world.ann)), "2 of owners");
        assertShut(open(DELETION, proof(statement(DELETION, two), world.ann, world.ann)), "2 of owners");
        assertThat(value(open(DELETION, proof(statement(DELETION, two), world.ann, world.bob))))
                .contains(TOKEN);
    }

    @Test
    void staysShutForAStatementThatAsksForNobody() throws IOException {
        assertShut(open(DELETION, proof(statement(DELETION, obligations()), world.ann)), "no quorum");
    }

    @Test
    void staysShutForAnotherRequest() throws IOException {
        ResolvedAttempt changed =
                TestingWorld.resolved("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        assertShut(open(changed, proof(statement(DELETION, oneOwner()), world.ann)), "another request");
    }

    @Test
    void staysShutForAnotherMeaningOfTheSameRequest() throws IOException {
        ResolvedAttempt signedFor = TestingWorld.deletion("vol_1", "production", "staging");
        assertThat(signedFor.requestDigest()).isEqualTo(DELETION.requestDigest());
        assertShut(open(DELETION, proof(statement(signedFor, oneOwner()), world.ann)), "another meaning");
    }

    /** The statement decides which credential opens, not the caller: a gateway may be compromised. */
    @Test
    void aProofForLessOpensNoMore() throws IOException {
        ResolvedAttempt write =
                TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "production");
        for (ResolvedAttempt less : List.of(TestingWorld.deletion("vol_1", "staging"), write)) {
            Vault.ConfirmationProof proof = proof(statement(less, oneOwner()), world.ann);
            assertShut(
                    vault.open(
                            sealId(),
                            pretended(less, Impact.DESTROY, "production"),
                            Optional.of(proof),
                            Optional.empty()),
                    "other impacts or environments");
        }
    }

    @Test
    void aProofForMoreOpensNothingElse() throws IOException {
        ResolvedAttempt both = TestingWorld.deletion("vol_1", "production", "staging");
        Vault.ConfirmationProof proof = proof(statement(both, oneOwner()), world.ann);
        assertShut(
                vault.open(
                        sealId(), pretended(both, Impact.DESTROY, "production"), Optional.of(proof), Optional.empty()),
                "other impacts or environments");
    }

    /** Returns the question of a gateway that shows the proof of {@code signed}, and asks for another credential. */
    private static CredentialNeed pretended(ResolvedAttempt signed, Impact impact, String environment) {
        return new CredentialNeed(
                TestingWorld.UPSTREAM,
                Set.of(impact),
                Set.of(environment),
                Set.of(),
                Optional.of(CredentialNeed.ProofSubject.of(signed)));
    }

    // A list of statements under one signature.

    private Vault.ConfirmationProof listed(Statement used, StatementList list, StatementList signed) {
        String signature = new ConfirmationSignature(
                        Optional.of(list),
                        PersonSignature.parse(world.ann.sign(Statement.NAMESPACE, signed.canonical())))
                .text();
        return new Vault.ConfirmationProof(Bytes.of(used.canonical()), List.of(signature));
    }

    @Test
    void opensOnceForEachStatementOfASignedList() throws IOException {
        ResolvedAttempt other = TestingWorld.deletion("vol_2", "production");
        Statement first = statement(DELETION, oneOwner());
        Statement second = statement(other, oneOwner());
        StatementList list = StatementList.of(List.of(first, second), Optional.empty());
        assertThat(value(open(other, listed(second, list, list)))).isEqualTo("Bearer " + TOKEN);
        assertShut(open(other, listed(second, list, list)), "used already");
        assertShut(open(other, listed(first, list, list)), "another request");
        assertThat(value(open(DELETION, listed(first, list, list)))).isEqualTo("Bearer " + TOKEN);
        assertShut(open(DELETION, listed(first, list, list)), "used already");
    }

    @Test
    void staysShutForAStatementThatTheSignedListDoesNotContain() throws IOException {
        Statement first = statement(DELETION, oneOwner());
        Statement second = statement(TestingWorld.deletion("vol_2", "production"), oneOwner());
        Statement third = statement(TestingWorld.deletion("vol_3", "production"), oneOwner());
        StatementList signed = StatementList.of(List.of(second, third), Optional.empty());
        assertShut(open(DELETION, listed(first, signed, signed)), "do not confirm");
        assertShut(
                open(DELETION, listed(first, StatementList.of(List.of(first, second), Optional.empty()), signed)),
                "do not confirm");
        assertShut(
                open(
                        DELETION,
                        listed(first, StatementList.of(List.of(first, second, third), Optional.empty()), signed)),
                "do not confirm");
    }

    /** Each statement of a list is checked as if it had been signed alone. */
    @Test
    void aListProvesNoMoreThanItsStatements() throws IOException {
        ResolvedAttempt elsewhere = TestingWorld.resolved(
                "L-2", "volumeDelete", Impact.DESTROY, "vol_1", TestingWorld.body("vol_1"), "production");
        Statement other = statement(elsewhere, oneOwner());
        Statement two = statement(DELETION, obligations(new Obligations.Quorum(2, "owners")));
        StatementList list = StatementList.of(List.of(other, two), Optional.empty());
        assertShut(open(DELETION, listed(other, list, list)), "lease");
        assertShut(open(DELETION, listed(two, list, list)), "2 of owners");
    }

    // Steps of a plan.

    @Test
    void aStepOpensOnlyAfterTheOneBeforeItWasUsed() throws IOException {
        Statement first = statement(DELETION, oneOwner()).at("H-01", new PlanStep("H-01", 1, 2, Optional.empty()));
        Statement second = statement(DELETION, oneOwner())
                .at("H-02", new PlanStep("H-01", 2, 2, Optional.of(PlanStep.mark(first))));
        assertShut(open(DELETION, proof(second, world.ann)), "The step before this one");
        assertThat(value(open(DELETION, proof(first, world.ann)))).isEqualTo("Bearer " + TOKEN);
        assertThat(value(open(DELETION, proof(second, world.ann)))).isEqualTo("Bearer " + TOKEN);
        assertShut(open(DELETION, proof(second, world.ann)), "used already");
    }

    // Calls that were granted with the confirmation of another.

    private Vault.ConfirmationProof granted(Statement signed, CallGrant more, long use, ResolvedAttempt sensed) {
        StatementList list = StatementList.of(List.of(signed), Optional.of(more));
        return new Vault.ConfirmationProof(
                Bytes.of(signed.canonical()),
                listed(signed, list, list).signatures(),
                Optional.of(new Vault.GrantUse(
                        use,
                        Bytes.of(sensed.meaning().canonical()),
                        Bytes.of(sensed.request().canonical()))));
    }

    private static ResolvedAttempt change(String lease, String volume, String body, String environment) {
        ResolvedAttempt kept = TestingWorld.resolved(lease, "volumeUpdate", Impact.WRITE, volume, body, environment);
        Action action = kept.actions().getFirst();
        return new ResolvedAttempt(
                kept.attempt(),
                kept.lease(),
                List.of(new Action(
                        action.operation(),
                        action.impacts(),
                        Reversibility.IRREVERSIBLE,
                        action.resources(),
                        action.facts())),
                kept.placements(),
                kept.radius(),
                kept.outgoing(),
                kept.digests());
    }

    private static ResolvedAttempt change(String title, String environment) {
        return change("L-1", "vol_1", "{\"title\":\"" + title + "\"}", environment);
    }

    private void grantingSeal() {
        Json.Members upstreams = payload.object("upstreams");
        Json.Members railway = upstreams.object(TestingWorld.UPSTREAM);
        Json.Members slots =
                railway.object("credentials").with("railway-production", TestingWorld.slot("write", "production"));
        payload = payload.with("upstreams", upstreams.with(TestingWorld.UPSTREAM, railway.with("credentials", slots)));
        payload = payload.with(
                "approvals",
                Json.object().with("grants", Json.object().with("calls", 2).with("time", 3600)));
    }

    @Test
    void opensAsOftenAsWasGranted() throws IOException {
        grantingSeal();
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_write"));
        ResolvedAttempt like = change("2", "staging");
        Statement signed = statement(change("1", "staging"), oneOwner());
        CallGrant more = new CallGrant(2, clock.instant().plus(Duration.ofHours(1)));
        assertShut(
                open(
                        like,
                        listed(
                                signed,
                                StatementList.of(List.of(signed), Optional.of(more)),
                                StatementList.of(List.of(signed), Optional.of(more)))),
                "another request");
        assertThat(value(open(like, granted(signed, more, 1, like)))).isEqualTo("Bearer rw_write");
        assertShut(open(like, granted(signed, more, 1, like)), "used already");
        assertShut(open(like, granted(signed, more, 3, like)), "All calls that people granted");
        assertShut(open(like, granted(signed, more, 0, like)), "All calls that people granted");
        clock.pass(Duration.ofMinutes(59));
        assertThat(value(open(like, granted(signed, more, 2, like)))).isEqualTo("Bearer rw_write");
        clock.pass(Duration.ofMinutes(1));
        assertShut(open(like, granted(signed, more, 2, like)), "the grant has ended");
    }

    @Test
    void staysShutForWhatWasNotGranted() throws IOException {
        grantingSeal();
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_write"));
        ResolvedAttempt like = change("2", "staging");
        Statement signed = statement(change("1", "staging"), oneOwner());
        CallGrant more = new CallGrant(2, clock.instant().plus(Duration.ofHours(1)));
        ResolvedAttempt other = change("L-1", "vol_2", "{\"title\":\"2\"}", "staging");
        assertShut(open(other, granted(signed, more, 1, other)), "differs from what people granted");
        assertShut(open(other, granted(signed, more, 1, like)), "another meaning");
        ResolvedAttempt renamed = change("L-1", "vol_1", "{\"name\":\"2\"}", "staging");
        assertShut(open(renamed, granted(signed, more, 1, renamed)), "differs from what people granted");
        assertShut(open(renamed, granted(signed, more, 1, like)), "another request");
        ResolvedAttempt elsewhere = change("L-2", "vol_1", "{\"title\":\"2\"}", "staging");
        assertShut(open(elsewhere, granted(signed, more, 1, elsewhere)), "lease");
        CallGrant much = new CallGrant(3, more.until());
        assertShut(open(like, granted(signed, much, 1, like)), "nobody grant so much");
        CallGrant far = new CallGrant(2, more.until().plus(Duration.ofDays(1)));
        assertShut(open(like, granted(signed, far, 1, like)), "nobody grant so much");
        // The number that was signed counts, not the one that is stated.
        StatementList stated = StatementList.of(List.of(signed), Optional.of(more));
        StatementList less = StatementList.of(List.of(signed), Optional.of(new CallGrant(1, more.until())));
        assertShut(
                open(
                        like,
                        new Vault.ConfirmationProof(
                                Bytes.of(signed.canonical()),
                                listed(signed, stated, less).signatures(),
                                granted(signed, more, 2, like).use())),
                "no valid signature");
        assertShut(
                open(
                        like,
                        new Vault.ConfirmationProof(
                                Bytes.of(signed.canonical()),
                                proof(signed, world.ann).signatures(),
                                granted(signed, more, 1, like).use())),
                "grant no more calls");
    }

    @Test
    void staysShutForGrantsInProductionAndWithoutTheSealsConsent() throws IOException {
        ResolvedAttempt staging = change("2", "staging");
        CallGrant more = new CallGrant(2, clock.instant().plus(Duration.ofHours(1)));
        Statement before = statement(change("1", "staging"), oneOwner());
        assertShut(open(staging, granted(before, more, 1, staging)), "lets nobody grant");
        grantingSeal();
        vault.put("railway-production", Store.PROTECTED, new Secret("rw_write"));
        ResolvedAttempt production = change("1", "production");
        assertShut(
                open(production, granted(statement(production, oneOwner()), more, 1, production)),
                "protected environments");
        ResolvedAttempt destroying = TestingWorld.deletion("vol_1", "staging");
        assertShut(open(destroying, granted(statement(destroying, oneOwner()), more, 1, destroying)), "it destroys");
    }

    @Test
    void staysShutForAnotherLease() throws IOException {
        ResolvedAttempt other = TestingWorld.resolved(
                "L-2", "volumeDelete", Impact.DESTROY, "vol_1", TestingWorld.body("vol_1"), "production");
        assertShut(open(DELETION, proof(statement(other, oneOwner()), world.ann)), "lease");
    }

    @Test
    void staysShutForAStatementThatHidesWhoSignedForTheLease() throws IOException {
        ResolvedAttempt signed = signedByAnn(false);
        assertShut(open(signed, proof(statement(signed, oneOwner()), world.ann)), "another agent or person");
        Statement says = Statement.of(statement(signed, oneOwner()).json().withTexts("behind", List.of("ann")));
        assertShut(open(DELETION, proof(says, world.ann)), "another agent or person");
        assertThat(open(signed, proof(says, world.ann))).isInstanceOf(CredentialResult.CredentialOpened.class);
    }

    /** The vault reads the seal, and people's statements, by itself. */
    @Test
    void knowsByItselfWhoSignedForALeaseThatCertainUsersTake() throws IOException {
        payload = payload.with(
                "agents",
                Json.object()
                        .with("jer/cursor", Json.object().with("owner", "jer").withTexts("users", List.of("root"))));
        ResolvedAttempt taken = signedByAnn(true);
        assertThat(open(taken, proof(statement(taken, oneOwner()), world.ann)))
                .isInstanceOf(CredentialResult.CredentialOpened.class);
        Obligations other = new Obligations(
                oneOwner().quorums(), Duration.ZERO, Optional.empty(), OptionalLong.empty(), false, true);
        assertShut(open(taken, proof(statement(taken, other), world.bob)), "another agent or person");
        Statement says = Statement.of(statement(taken, other).json().withTexts("behind", List.of("ann")));
        assertShut(open(taken, proof(says, world.ann)), "do not confirm the statement");
        assertThat(open(taken, proof(says, world.bob))).isInstanceOf(CredentialResult.CredentialOpened.class);
        ResolvedAttempt before = signedByAnn(false);
        assertShut(open(before, proof(statement(before, oneOwner()), world.ann)), "another agent or person");
        payload = world.payload();
        assertShut(open(taken, proof(statement(taken, oneOwner()), world.ann)), "another agent or person");
    }

    private static ResolvedAttempt signedByAnn(boolean usersNamed) {
        return DELETION.under(DELETION.lease().signedBy("ann", usersNamed));
    }

    @Test
    void staysShutForAStatementThatHidesWhoIsBehindTheLease() throws IOException {
        Statement hides = statement(sealId(), DELETION, oneOwner(), clock.instant(), "somebody");
        assertShut(open(DELETION, proof(hides, world.jer)), "another agent or person");
    }

    @Test
    void staysShutForAnotherSeal() throws IOException {
        Statement other = statement("0".repeat(64), DELETION, oneOwner(), clock.instant(), "jer");
        assertShut(open(DELETION, proof(other, world.ann)), "The statement was signed under another seal.");
    }

    @Test
    void staysShutForAnExpiredStatement() throws IOException {
        Vault.ConfirmationProof proof = proof(statement(DELETION, oneOwner()), world.ann);
        clock.pass(Duration.ofHours(1));
        assertShut(open(DELETION, proof), "not valid");
    }

    @Test
    void staysShutForWhatNothingCanProveYet() throws IOException {
        Obligations backup = new Obligations(
                oneOwner().quorums(),
                Duration.ZERO,
                Optional.of(Duration.ofHours(24)),
                OptionalLong.empty(),
                false,
                false);
        Obligations rows = new Obligations(
                oneOwner().quorums(), Duration.ZERO, Optional.empty(), OptionalLong.of(10), false, false);
        assertShut(open(DELETION, proof(statement(DELETION, backup), world.ann)), "backup");
        assertShut(open(DELETION, proof(statement(DELETION, rows), world.ann)), "row count");
    }

    /**
     * The vault checks the attestation itself. It trusts neither the gate, which made the radius, nor its own memory.
     */
    @Test
    void opensForABackupThatWasRestoredAndYoungEnough() throws IOException {
        Resource volume = new Resource("railway", "volume", "vol_1");
        TestingAttester attesting = new TestingAttester(volume);
        payload = payload.with("backups", attesting.sealed());
        vault = reopened();
        Obligations backup = new Obligations(
                oneOwner().quorums(),
                Duration.ZERO,
                Optional.of(Duration.ofHours(24)),
                OptionalLong.empty(),
                false,
                false);
        ResolvedAttempt saved = saved(attesting, attesting, volume);
        ResolvedAttempt forged = saved(new TestingAttester(volume), attesting, volume);
        assertShut(open(forged, proof(statement(forged, backup), world.ann)), "not a key that the seal names");
        Vault.ConfirmationProof early = proof(statement(saved, backup), world.ann);
        assertThat(value(open(saved, early))).contains(TOKEN);
        clock.pass(Duration.ofHours(23));
        assertShut(open(saved, proof(statement(saved, backup), world.ann)), "was taken at");
    }

    private ResolvedAttempt saved(TestingAttester signer, TestingAttester attesting, Resource volume) {
        Instant taken = clock.instant().minus(Duration.ofHours(2));
        Json.Members said = attesting.says("20261120T000000Z-0000b1", taken, taken.plus(Duration.ofHours(1)));
        Backup backup = new Backup(
                "shop-db/20261120T000000Z-0000b1",
                volume,
                taken,
                TestingAttester.DOMAIN,
                Provenance.ATTESTED,
                Optional.of(taken.plus(Duration.ofHours(1))),
                Optional.of(new Backup.Attestation(said, signer.sign(said), Set.of(volume))));
        BlastRadius radius = new BlastRadius(
                DELETION.radius().environments(), Set.of(volume), List.of(), List.of(backup), List.of());
        return new ResolvedAttempt(
                DELETION.attempt(),
                DELETION.lease(),
                DELETION.actions(),
                DELETION.placements(),
                radius,
                DELETION.outgoing(),
                SaltedDigests.OPEN);
    }

    @Test
    void staysShutUntilTheCooldownCanBeOver() throws IOException {
        Obligations slow = new Obligations(
                oneOwner().quorums(), Duration.ofMinutes(10), Optional.empty(), OptionalLong.empty(), false, false);
        Vault.ConfirmationProof proof = proof(statement(DELETION, slow), world.ann);
        clock.pass(Duration.ofMinutes(9));
        assertShut(open(DELETION, proof), "cooldown");
        clock.pass(Duration.ofMinutes(1));
        assertThat(value(open(DELETION, proof))).contains(TOKEN);
    }

    @Test
    void opensOnceForOneConfirmationAlsoAfterARestart() throws IOException {
        Vault.ConfirmationProof proof = proof(statement(DELETION, oneOwner()), world.ann);
        assertThat(value(open(DELETION, proof))).contains(TOKEN);
        assertShut(open(DELETION, proof), "has been used already");
        vault = reopened();
        assertShut(open(DELETION, proof), "has been used already");
    }

    @Test
    void opensOnceUnderAHundredRacingCopies() throws Exception {
        Vault.ConfirmationProof proof = proof(statement(DELETION, oneOwner()), world.ann);
        List<Callable<CredentialResult>> racers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            racers.add(() -> open(DELETION, proof));
        }
        int opened = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<CredentialResult> racer : threads.invokeAll(racers)) {
                opened += racer.get() instanceof CredentialResult.CredentialOpened ? 1 : 0;
            }
        }
        assertThat(opened).isEqualTo(1);
    }

    // The seal.

    @Test
    void staysShutUnderASealThatNoPinnedKeySigned() throws IOException {
        signedBy = TestingKey.software();
        assertShut(open(DELETION, proof(statement(DELETION, oneOwner()), world.ann)), "cannot verify");
        assertShut(vault.resolver(sealId(), "railway"), "cannot verify");
    }

    @Test
    void staysShutUnderAnotherSealThanTheOneAskedFor() throws IOException {
        assertShut(vault.resolver("0".repeat(64), "railway"), "not the requested one");
    }

    @Test
    void staysShutUnderAnExpiredSeal() throws IOException {
        assertThat(vault.resolver(sealId(), "railway")).isInstanceOf(CredentialResult.CredentialOpened.class);
        clock.pass(Duration.ofDays(90));
        assertShut(vault.resolver(sealId(), "railway"), "expired");
    }

    @Test
    void anOlderSealDoesNotReturnEvenAfterARestart() throws IOException {
        Json.Members old = payload;
        payload = payload.with("sequence", 2);
        assertThat(vault.resolver(sealId(), "railway")).isInstanceOf(CredentialResult.CredentialOpened.class);
        payload = old;
        assertShut(vault.resolver(sealId(), "railway"), "newer seal");
        vault = reopened();
        assertShut(vault.resolver(sealId(), "railway"), "newer seal");
    }

    @Test
    void aSecretInTheWrongStoreIsNotLookedAt() throws IOException {
        vault.put("railway-production-destroy", Store.ORDINARY, new Secret(TOKEN));
        assertShut(open(DELETION, proof(statement(DELETION, oneOwner()), world.ann)), "has no secret");
    }

    // The choice of the slot.

    @Test
    void picksTheOneSlotThatCoversAll() throws IOException {
        ResolvedAttempt write = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");
        assertThat(value(vault.open(sealId(), write, Optional.empty(), Optional.empty())))
                .isEqualTo("Bearer rw_staging");
    }

    @Test
    void staysShutIfNoneCoversAllOrSeveralDo() throws IOException {
        ResolvedAttempt both = TestingWorld.deletion("vol_1", "production", "staging");
        ResolvedAttempt twin = TestingWorld.resolved("L-1", "exec", Impact.EXECUTE, "vol_1", "{}", "staging");
        assertShut(vault.open(sealId(), both, Optional.empty(), Optional.empty()), "No credential");
        assertShut(vault.open(sealId(), twin, Optional.empty(), Optional.empty()), "Several");
    }

    @Test
    void saysBeforehandWhetherAConfirmationCouldOpenAnything() throws IOException {
        ResolvedAttempt both = TestingWorld.deletion("vol_1", "production", "staging");
        assertThat(vault.obstacle(sealId(), DELETION)).isEmpty();
        assertThat(vault.obstacle(sealId(), both)).contains("No credential covers all impacts of this request.");
        assertThat(vault.obstacle("0".repeat(64), DELETION)).isPresent();
        vault.remove("railway-production-destroy");
        assertThat(vault.obstacle(sealId(), DELETION))
                .contains("The vault has no secret for `railway-production-destroy`: a person"
                        + " must run `interlock vault put railway-production-destroy`.");
        vault.put("railway-production-destroy", Store.ORDINARY, new Secret(TOKEN));
        assertThat(vault.obstacle(sealId(), DELETION)).as("the wrong store").isPresent();
    }

    /** Nobody has confirmed yet. */
    @Test
    void readsNoSecretToSayIt() throws IOException {
        Path slot = root.resolve("protected/railway-production-destroy.slot");
        Files.writeString(slot, "nothing that could be opened");
        assertThat(vault.obstacle(sealId(), DELETION)).isEmpty();
        assertThatThrownBy(() -> open(DELETION, proof(statement(DELETION, oneOwner()), world.ann)))
                .isInstanceOf(IOException.class);
    }

    private void withoutCredentials() throws IOException {
        Json.Members upstream = payload.object("upstreams").object("railway");
        payload = payload.with(
                "upstreams",
                Json.object()
                        .with(
                                "railway",
                                upstream.with("credentials", Json.object()).without(Set.of("resolver"))));
        vault = reopened();
    }

    @Test
    void anUpstreamWithoutCredentialsIsReadByEverybodyAndNoMore() throws IOException {
        withoutCredentials();
        ResolvedAttempt read = TestingWorld.resolved("L-1", "volumeRead", Impact.READ, "vol_1", "{}", "production");
        ResolvedAttempt write = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");
        assertThat(vault.open(sealId(), read, Optional.empty(), Optional.empty()))
                .isEqualTo(new CredentialResult.NoCredentialNeeded());
        assertShut(open(read, proof(statement(read, oneOwner()), world.ann)), "only read");
        assertShut(vault.open(sealId(), write, Optional.empty(), Optional.empty()), "only read");
        assertShut(vault.open(sealId(), DELETION, Optional.empty(), Optional.empty()), "only read");
        assertShut(open(DELETION, proof(statement(DELETION, oneOwner()), world.ann)), "only read");
        assertShut(vault.resolver(sealId(), "railway"), "no resolver");
        for (ResolvedAttempt any : List.of(read, write, DELETION)) { // nothing opens there for a confirmation
            assertThat(vault.obstacle(sealId(), any))
                    .hasValueSatisfying(why -> assertThat(why).contains("only reads"));
        }
    }

    /** Otherwise one upstream for every host would shut all credentials of the seal. */
    @Test
    void anUpstreamForEveryHostShutsNoOther() throws IOException {
        Json.Members upstreams = payload.object("upstreams");
        Json.Members web = upstreams.object("railway").with("address", "https://*");
        Json.Members open = web.with("credentials", Json.object()).without(Set.of("resolver"));
        payload = payload.with("upstreams", upstreams.with("web", open));
        vault = reopened();
        ResolvedAttempt write = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");
        assertThat(vault.open(sealId(), write, Optional.empty(), Optional.empty()))
                .isInstanceOf(CredentialResult.CredentialOpened.class);

        payload = payload.with("upstreams", upstreams.with("web", web));
        vault = reopened();
        assertShut(vault.open(sealId(), write, Optional.empty(), Optional.empty()), "seal");
    }

    @Test
    void whereThereIsACredentialNothingLeavesWithoutIt() throws IOException {
        vault.remove("railway-staging");
        ResolvedAttempt write = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");
        assertShut(vault.open(sealId(), write, Optional.empty(), Optional.empty()), "has no secret");
    }

    @Test
    void destroyingNeedsAProofOutsideProtectedEnvironmentsToo() throws IOException {
        ResolvedAttempt staging = TestingWorld.deletion("vol_1", "staging");
        assertShut(vault.open(sealId(), staging, Optional.empty(), Optional.empty()), "only for a confirmation");
        assertThat(value(open(staging, proof(statement(staging, oneOwner()), world.ann))))
                .contains("rw_staging_destroy");
    }

    @Test
    void aBadProofShutsEvenWhatNeedsNone() throws IOException {
        ResolvedAttempt write = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");
        assertShut(open(write, proof(statement(DELETION, oneOwner()), world.ann)), "another request");
    }

    @Test
    void theResolversCredentialIsForTheInventoryAlone() throws IOException {
        ResolvedAttempt read =
                TestingWorld.resolved("L-1", "project", Impact.READ, "vol_1", "{}", "staging", "production");
        assertShut(vault.open(sealId(), read, Optional.empty(), Optional.empty()), "No credential");
        assertThat(value(vault.resolver(sealId(), "railway"))).isEqualTo("Bearer rw_read");
    }

    @Test
    void aResolverThatCanDoMoreThanReadStaysShut() throws IOException {
        payload = payload.with(
                "upstreams",
                Json.object()
                        .with(
                                "railway",
                                payload.object("upstreams").object("railway").with("resolver", "railway-staging")));
        assertShut(vault.resolver(sealId(), "railway"), "must only read");
    }

    // Files on disk.

    @Test
    void theSecretIsNowhereInWhatTheVaultWrites() throws IOException {
        assertThat(new SecretHunt(TOKEN).in(root)).isEmpty();
        Files.writeString(root.resolve("planted"), TOKEN);
        assertThat(new SecretHunt(TOKEN).in(root)).containsExactly("planted (raw)");
    }

    @Test
    void theSecretIsInNoTextForm() throws IOException {
        CredentialResult opened = open(DELETION, proof(statement(DELETION, oneOwner()), world.ann));
        assertThat(new SecretHunt(TOKEN).in(opened + " " + vault.list() + vault.slotHolding(new Secret(TOKEN))))
                .isEmpty();
    }

    @Test
    void refusesFilesThatOthersMayRead() throws IOException {
        for (String name : List.of("protected/store.key", "ordinary/store.key", "fingerprint.key")) {
            Path file = root.resolve(name);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
            assertThatThrownBy(this::reopened)
                    .as(name)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is open to others");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-x---"));
        assertThatThrownBy(this::reopened).isInstanceOf(IOException.class).hasMessageContaining("is open to others");
    }

    @Test
    void aSlotMovedToAnotherNameOrStoreDoesNotOpen() throws IOException {
        Path theirs = root.resolve("protected/railway-production-destroy.slot");
        Files.copy(root.resolve("ordinary/railway-staging.slot"), root.resolve("ordinary/railway-twin-a.slot"));
        assertThatThrownBy(() -> StoreDirectory.at(root, Store.ORDINARY).get("railway-twin-a"))
                .hasMessageContaining("has been altered");
        Files.copy(root.resolve("protected/store.key"), root.resolve("ordinary/store.key.new"));
        Files.move(
                root.resolve("ordinary/store.key.new"),
                root.resolve("ordinary/store.key"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.copy(theirs, root.resolve("ordinary/railway-production-destroy.slot"));
        assertThatThrownBy(() -> StoreDirectory.at(root, Store.ORDINARY).get("railway-production-destroy"))
                .hasMessageContaining("has been altered");
    }

    @Test
    void aLostKeyIsNotReplacedSilently() throws IOException {
        Files.delete(root.resolve("protected/store.key"));
        assertThatThrownBy(this::reopened).hasMessageContaining("`store.key` is missing");
    }

    @Test
    void rotationReplacesAndRemovalForgets() throws IOException {
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_rotated"));
        ResolvedAttempt write = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");
        assertThat(value(vault.open(sealId(), write, Optional.empty(), Optional.empty())))
                .isEqualTo("Bearer rw_rotated");
        assertThat(vault.slotHolding(new Secret("rw_staging"))).isEmpty();
        assertThat(vault.remove("railway-staging")).isTrue();
        assertThat(vault.remove("railway-staging")).isFalse();
        assertShut(vault.open(sealId(), write, Optional.empty(), Optional.empty()), "has no secret");
    }

    /** A provider whose tokens can do everything has one secret for several slots. People should know. */
    @Test
    void listsTheSlotsThatHoldTheSameSecret() throws IOException {
        vault.put("railway-staging-destroy", Store.ORDINARY, new Secret("rw_staging"));
        vault.put("railway-production-destroy", Store.PROTECTED, new Secret("rw_staging"));
        assertThat(vault.list())
                .contains(
                        new Vault.FilledSlot("railway-read", Store.ORDINARY, Set.of()),
                        new Vault.FilledSlot(
                                "railway-staging",
                                Store.ORDINARY,
                                Set.of("railway-staging-destroy", "railway-production-destroy")),
                        new Vault.FilledSlot(
                                "railway-production-destroy",
                                Store.PROTECTED,
                                Set.of("railway-staging", "railway-staging-destroy")));
    }

    /** The strongest change of an attempt chooses the slot: what is read and written beside it needs no other. */
    @Test
    void anAttemptTakesTheSlotOfItsStrongestChange() throws IOException {
        ResolvedAttempt destroying = doing(Impact.READ, Impact.WRITE, Impact.EXECUTE, Impact.DESTROY);
        assertShut(vault.open(sealId(), destroying, Optional.empty(), Optional.empty()), "only for a confirmation");
        assertThat(value(open(destroying, proof(statement(destroying, oneOwner()), world.ann))))
                .isEqualTo("Bearer rw_staging_destroy");
        assertThat(value(vault.open(sealId(), doing(Impact.READ, Impact.WRITE), Optional.empty(), Optional.empty())))
                .isEqualTo("Bearer rw_staging");
        assertShut(
                vault.open(sealId(), doing(Impact.WRITE, Impact.CREDENTIAL), Optional.empty(), Optional.empty()),
                "No credential covers all impacts");
    }

    /** The gate refuses it without people as well; the vault does not rely on that. */
    @Test
    void aChangeThatCannotBeUndoneOpensOnlyForAConfirmation() throws IOException {
        ResolvedAttempt lasting = doing(Reversibility.IRREVERSIBLE, Impact.WRITE);
        assertShut(vault.open(sealId(), lasting, Optional.empty(), Optional.empty()), "only for a confirmation");
        assertThat(value(open(lasting, proof(statement(lasting, oneOwner()), world.ann))))
                .isEqualTo("Bearer rw_staging");
    }

    @Test
    void anOperationThatTheSealExemptsNeedsNone() throws IOException {
        exempt("railway/any in staging");
        assertThat(value(vault.open(
                        sealId(), doing(Reversibility.IRREVERSIBLE, Impact.WRITE), Optional.empty(), Optional.empty())))
                .isEqualTo("Bearer rw_staging");
    }

    /** Not if the line is about another environment, or an older seal's line is about none. */
    @Test
    void anExemptOperationNeedsAConfirmationElsewhere() throws IOException {
        for (String elsewhere : List.of("railway/any in production", "railway/any")) {
            exempt(elsewhere);
            assertShut(
                    vault.open(
                            sealId(),
                            doing(Reversibility.IRREVERSIBLE, Impact.WRITE),
                            Optional.empty(),
                            Optional.empty()),
                    "only for a confirmation");
        }
    }

    private void exempt(String line) throws IOException {
        payload = payload.with("approvals", Json.object().withTexts("without_approval", List.of(line)));
        vault = reopened();
    }

    private static ResolvedAttempt doing(Impact... impacts) {
        return doing(Reversibility.REVERSIBLE, impacts);
    }

    private static ResolvedAttempt doing(Reversibility reversibility, Impact... impacts) {
        ResolvedAttempt one = TestingWorld.resolved("L-1", "any", Impact.DESTROY, "vol_1", "{}", "staging");
        Action action = one.actions().getFirst();
        return new ResolvedAttempt(
                one.attempt(),
                one.lease(),
                List.of(new Action(
                        action.operation(), Set.of(impacts), reversibility, action.resources(), action.facts())),
                one.placements(),
                one.radius(),
                one.outgoing(),
                one.digests());
    }

    @Test
    void knowsAForeignCredentialWithoutOpeningIt() throws IOException {
        assertThat(vault.slotHolding(new Secret(TOKEN)))
                .contains(new Vault.KnownSecret("railway-production-destroy", Optional.empty()));
        assertThat(vault.resolver(sealId(), "railway")).isInstanceOf(CredentialResult.CredentialOpened.class);
        assertThat(vault.slotHolding(new Secret(TOKEN)))
                .contains(new Vault.KnownSecret("railway-production-destroy", Optional.of("railway")));
        assertThat(vault.slotHolding(new Secret("another"))).isEmpty();
        assertThat(reopened().slotHolding(new Secret("rw_read")).map(Vault.KnownSecret::slot))
                .contains("railway-read");
    }

    @Test
    void aForeignCredentialIsItsOwnUpstreamsAndNoOthers() throws IOException {
        vault.put("in-no-seal", Store.ORDINARY, new Secret("rw_in_no_seal"));
        Json.Members upstreams = payload.object("upstreams");
        payload = payload.with(
                "upstreams",
                upstreams.with(
                        "another",
                        upstreams
                                .object("railway")
                                .without(Set.of("resolver"))
                                .with(
                                        "credentials",
                                        Json.object().with("another-read", TestingWorld.slot("read", "staging")))));
        assertThat(vault.resolver(sealId(), "railway")).isInstanceOf(CredentialResult.CredentialOpened.class);
        assertThat(vault.slotHolding(new Secret(TOKEN)).flatMap(Vault.KnownSecret::upstream))
                .contains("railway");
        assertThat(vault.slotHolding(new Secret("rw_in_no_seal")))
                .contains(new Vault.KnownSecret("in-no-seal", Optional.empty()));
        assertShut(vault.resolver(sealId(), "another"), "names no resolver");
    }

    @Test
    void anUpstreamThatTheSealDoesNotNameHasNoCredential() throws IOException {
        ResolvedAttempt elsewhere = new ResolvedAttempt(
                new Attempt(
                        "elsewhere",
                        List.of(),
                        Optional.empty(),
                        DELETION.attempt().call(),
                        clock.instant()),
                DELETION.lease(),
                DELETION.actions(),
                DELETION.placements(),
                DELETION.radius(),
                DELETION.outgoing(),
                SaltedDigests.OPEN);
        assertShut(vault.open(sealId(), elsewhere, Optional.empty(), Optional.empty()), "does not name this upstream");
        assertShut(vault.resolver(sealId(), "elsewhere"), "names no resolver");
    }

    @Test
    void knowsWhatAnotherProcessPut() throws IOException {
        assertThat(vault.slotHolding(new Secret("rw_later"))).isEmpty();
        reopened().put("railway-twin-a", Store.ORDINARY, new Secret("rw_later"));
        assertThat(vault.slotHolding(new Secret("rw_later")).map(Vault.KnownSecret::slot))
                .contains("railway-twin-a");
    }

    @Test
    void fingerprintsDifferFromVaultToVault() throws IOException {
        SecureRandom random = new SecureRandom();
        SlotFingerprints here = SlotFingerprints.at(Files.createDirectory(directory.resolve("one")), random);
        SlotFingerprints there = SlotFingerprints.at(Files.createDirectory(directory.resolve("another")), random);
        assertThat(there.of(new Secret(TOKEN))).isNotEqualTo(here.of(new Secret(TOKEN)));
    }

    @Test
    void aSlotsNameIsNoPath() {
        assertThatThrownBy(() -> vault.put("../escape", Store.ORDINARY, new Secret("x")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
