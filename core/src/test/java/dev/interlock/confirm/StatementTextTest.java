package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Obligations;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.LoneObligation;
import dev.interlock.testing.TestingWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the text of a statement cannot mislead its signer. */
final class StatementTextTest {

    @TempDir
    Path directory;

    private String shown(String volume) {
        try (ConfirmationsFixture room = new ConfirmationsFixture(directory, new TestingWorld())) {
            String hold = room.park(TestingWorld.deletion(volume, "production"), ConfirmationsFixture.owners(1))
                    .id();
            return room.people.show(room.seal, hold).orElseThrow().text();
        }
    }

    @Test
    void keepsFactsApartFromClaims() {
        String text = shown("vol_1");
        int known = text.indexOf("What this does (known)");
        int claimed = text.indexOf("What the agent claims (not checked)");
        assertThat(text.substring(known, claimed)).contains("railway:volume/vol_1 in production (resolved)");
        assertThat(text.substring(known, claimed)).doesNotContain("argument.volumeId");
        assertThat(text.substring(claimed)).contains("argument.volumeId = vol_1 (claimed)");
    }

    @Test
    void showsKnownFactsWithTheAction() {
        ResolvedAttempt deletion = TestingWorld.deletion("vol_1", "production");
        Action bare = deletion.actions().getFirst();
        Action sized = new Action(
                bare.operation(),
                bare.impacts(),
                bare.reversibility(),
                bare.resources(),
                List.of(new Fact("size", "5 GB", Provenance.RESOLVED)));
        ResolvedAttempt sensed = new ResolvedAttempt(
                deletion.attempt(),
                deletion.lease(),
                List.of(sized),
                deletion.placements(),
                deletion.radius(),
                deletion.outgoing(),
                SaltedDigests.OPEN);
        try (ConfirmationsFixture room = new ConfirmationsFixture(directory, new TestingWorld())) {
            String hold = room.park(sensed, ConfirmationsFixture.owners(1)).id();
            String text = room.people.show(room.seal, hold).orElseThrow().text();
            assertThat(text.substring(0, text.indexOf("What it would cost"))).contains("    size = 5 GB (resolved)\n");
        }
    }

    /** The program of a signer trusts no text that the gateway gives it beside the statement. */
    @Test
    void aTextIsShownOnlyUnderItsDigest() {
        ResolvedAttempt sensed = TestingWorld.deletion("vol_1", "production");
        SaltedText sent = SaltedDigests.OPEN.salted("as sent");
        Action said = sensed.actions()
                .getFirst()
                .withFacts(List.of(new Fact("argument.body.title", sent.text(), Provenance.CLAIMED, true)));
        HttpCall call = (HttpCall) sensed.outgoing();
        HttpCall asked = new HttpCall(
                call.method(),
                call.authority(),
                call.path(),
                List.of(new HttpCall.Parameter("q", sent.text()), new HttpCall.Parameter("page", "7", false)),
                call.headers(),
                call.body());
        try (ConfirmationsFixture room = new ConfirmationsFixture(directory, new TestingWorld())) {
            String hold = room.park(
                            new ResolvedAttempt(
                                    sensed.attempt(),
                                    sensed.lease(),
                                    List.of(said),
                                    sensed.placements(),
                                    sensed.radius(),
                                    asked,
                                    SaltedDigests.OPEN),
                            ConfirmationsFixture.owners(1))
                    .id();
            Statement statement = Statement.read(
                    room.people.show(room.seal, hold).orElseThrow().statement().toArray());
            assertThat(StatementText.of(statement, new KeptTexts(List.of(sent))))
                    .contains(
                            "argument.body.title = as sent (claimed)\n", "[\"q\",\"as sent\"]\n", "[\"page\",\"7\"]\n");
            assertThat(StatementText.of(statement, new KeptTexts(List.of(new SaltedText(sent.salt(), "as changed")))))
                    .doesNotContain("as changed", "as sent")
                    .contains(
                            "argument.body.title = (not kept here any more; the log has its digest, " + sent.digest());
        }
    }

    /** A statement that its verifier would not understand is not made. */
    @ParameterizedTest
    @MethodSource("dev.interlock.testing.LoneObligation#all")
    void eachObligationIsShownToWhoeverSigns(LoneObligation lone) throws IOException {
        assertThat(asked(lone.confirmed())).isNotBlank().isNotEqualTo(asked(ConfirmationsFixture.owners(1)));
    }

    private String asked(Obligations obligations) throws IOException {
        try (ConfirmationsFixture room =
                new ConfirmationsFixture(Files.createTempDirectory(directory, "room"), new TestingWorld())) {
            String hold = room.park(TestingWorld.deletion("vol_1", "production"), obligations)
                    .id();
            String text = room.people.show(room.seal, hold).orElseThrow().text();
            return text.substring(text.indexOf("Obligations of the policy"), text.indexOf("\nWhen\n"));
        }
    }

    /** People would sign for a missing line without having seen it. */
    @Test
    void theStatementHasItsExactText() {
        try (ConfirmationsFixture room = new ConfirmationsFixture(directory, new TestingWorld())) {
            ResolvedAttempt sensed = TestingWorld.deletion("vol_1", "production", "staging");
            HoldTicket ticket =
                    room.park(sensed, ConfirmationsFixture.obligations(2, Duration.ofMinutes(10), true, false));
            String text = room.people.show(room.seal, ticket.id()).orElseThrow().text();
            assertThat(text.replace(ticket.id(), "H-1")
                            .replace(sensed.meaningDigest(), "(meaning)")
                            .replace(sensed.requestDigest(), "(request)")
                            .replace(room.seal.id(), "(seal)")
                            .replaceAll("body_digest: salted-sha256:[0-9a-f]{64}", "body_digest: (body)"))
                    .isEqualTo("""
                        HOLD H-1
                        Delete volume vol_1 in production and staging (destroy, irreversible). Asked by \
                        jer/cursor, for jer (task fix-staging), with railway/volumeDelete.

                        Who asks
                          agent    jer/cursor
                          person   jer
                          task     fix-staging
                          lease    L-1
                          upstream railway

                        What this does (known)
                          railway/volumeDelete: destroy, irreversible
                            railway:volume/vol_1 in production and staging (resolved)

                        What it would cost (known)
                          environments:
                            production
                            staging
                          lost:
                            railway:volume/vol_1
                          lost_backups: none
                          notes: none
                          survivors: none

                        What the agent claims (not checked)
                          reason: none given
                            argument.volumeId = vol_1 (claimed)

                        The request, without its body
                          authority: railway.test
                          body_digest: (body)
                          body_length: 23
                          headers:
                            ["content-type","application/json"]
                          method: POST
                          path: /api/graphql/v2
                          query: none
                          The body may contain secrets and is not shown; it contains the arguments that are not named above.
                          Only a body with this digest is sent.

                        Obligations of the policy
                          confirm:
                            2 of owners
                          cooldown_seconds: 600
                          other: false
                          type_name: true
                          type exactly: railway:volume/vol_1

                        When
                          opened          2026-11-20T08:00:00Z
                          sign by         2026-11-20T09:00:00Z
                          usable until    15 minutes after the last signature and the cooldown, \
                        2026-11-20T09:25:00Z at the latest

                        What your signature binds
                          meaning  (meaning)
                          request  (request)
                          seal     (seal)
                        """);
        }
    }

    @Test
    void otherStatementsAreShown() {
        Json.Members signed = Json.object()
                .with("text", "a\u202eb")
                .with("count", 7)
                .with("empty", "")
                .with("yes", true)
                .with("nothing", new Json.Nothing())
                .withTexts("none", List.of())
                .withTexts("some", List.of("one", "two"))
                .with("inner", Json.object().with("deeper", Json.object().with("deepest", 1)));
        assertThat(StatementText.of("LEASE, as it is signed", signed)).isEqualTo("""
            LEASE, as it is signed
              count: 7
              empty: (empty)
              inner:
                deeper:
                  deepest: 1
              none: none
              nothing: null
              some:
                one
                two
              text: a\\u{202e}b
              yes: true
            """);
    }

    /** It names both ends of a hold, and does not promise to show omitted parts. */
    @Test
    void showsItsLimitsAndOmissions() {
        assertThat(shown("vol_1"))
                .contains("sign by         2026-11-20T09:00:00Z\n")
                .contains("usable until    15 minutes after")
                .contains("2026-11-20T09:15:00Z at the latest")
                .contains("The request, without its body")
                .doesNotContain("whole")
                .doesNotContain("expires");
    }

    @Test
    void showsCharactersThatTerminalsHide() {
        String text = shown("vol\u202e1\u0000\u200b\r\n  known: harmless\u0430\u001b[2J");
        assertThat(text).contains("vol\\u{202e}1\\u{0}\\u{200b}\\u{d}\\u{a}  known: harmless\\u{430}\\u{1b}[2J");
        assertThat(text.lines()).noneMatch(line -> line.strip().startsWith("known: harmless"));
    }

    @Test
    void cutsNothingOff() {
        String id = "v".repeat(700);
        assertThat(shown(id)).contains("railway:volume/" + id + " in production");
    }

    @Test
    void visibleTextIsPlainAndDifferentTextsStayDifferent() {
        long seed = System.nanoTime();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < 2000; i++) {
            String a = random.ints(6, 0, 0x300).mapToObj(Character::toString).collect(Collectors.joining());
            String visible = VisibleText.unambiguous(a);
            assertThat(VisibleText.ensureUnambiguous(visible))
                    .as("seed " + seed)
                    .isEqualTo(visible);
            assertThat(hidden(visible)).as("seed " + seed).isEqualTo(a);
        }
    }

    @Test
    void terminalControlsAreNotPlainText() {
        for (int plain : new int[] {' ', '~', 0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0xff}) {
            assertThat(VisibleText.unambiguous(Character.toString(plain))).isEqualTo(Character.toString(plain));
        }
        for (int doubtful : new int[] {0x1f, 0x7f, 0xbf, 0xd7, 0xf7, 0x100}) {
            assertThat(VisibleText.unambiguous(Character.toString(doubtful)))
                    .isEqualTo("\\u{" + Integer.toHexString(doubtful) + "}");
        }
    }

    /** The inverse of {@link VisibleText#unambiguous}: that there is one shows that no two texts look alike. */
    private static String hidden(String visible) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < visible.length(); i++) {
            if (visible.charAt(i) != '\\') {
                text.append(visible.charAt(i));
            } else if (visible.charAt(i + 1) == '\\') {
                text.append('\\');
                i++;
            } else {
                int end = visible.indexOf('}', i);
                text.appendCodePoint(Integer.parseInt(visible.substring(i + 3, end), 16));
                i = end;
            }
        }
        return text.toString();
    }

    @Test
    void everyDigestHasADigestPhrase() {
        String one = DigestPhrase.of(Bytes.utf8("one").sha256());
        assertThat(one).matches("([bdfghjklmnprstvz][aiou]){2}[bdfghjklmnprstvz](-[a-z]{5}){7}");
        assertThat(DigestPhrase.of(Bytes.utf8("two").sha256())).isNotEqualTo(one);
        // Each bit counts, computed by hand: people compare these over the telephone.
        assertThat(DigestPhrase.of("0123456789abcdeffedcba9876543210" + "0".repeat(32)))
                .isEqualTo("bahog-hijol-mokor-suloz-zuris-ropim-linih-gamib");
    }
}
