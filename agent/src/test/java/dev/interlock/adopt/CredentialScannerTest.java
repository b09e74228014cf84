package dev.interlock.adopt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.shapes.CredentialKind;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.shapes.LiteralFinder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialScannerTest {

    private static final long SEED = Long.getLong("interlock.seed", 20261120);

    private final CredentialKinds kinds = CredentialKinds.known();
    private final CredentialScanner scan = new CredentialScanner(kinds.kinds(), new LiteralFinder(kinds.kinds()));

    /** docs/adopt.md quotes these numbers. */
    @Test
    void theLabelledCorpusIsFoundAndLittleElse() {
        CredentialCorpus corpus = new CredentialCorpus(SEED);
        List<CredentialCorpus.LabelledSample> positives = corpus.positives();
        List<CredentialCorpus.LabelledSample> negatives = corpus.negatives(positives.size());
        List<String> missed = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        int right = 0;
        for (CredentialCorpus.LabelledSample one : positives) {
            List<String> found = found(one.text(), one.name());
            for (String secret : one.secrets()) {
                if (found.contains(secret)) {
                    right++;
                } else {
                    missed.add(one.label());
                }
            }
            found.stream().filter(text -> !one.secrets().contains(text)).forEach(_ -> wrong.add(one.label()));
        }
        negatives.forEach(one -> found(one.text(), one.name()).forEach(_ -> wrong.add(one.label())));
        double recall = (double) right / (right + missed.size());
        double precision = (double) right / (right + wrong.size());
        System.out.printf(
                "adopt corpus, seed %d: %d labelled, recall %.4f, precision %.4f%n",
                SEED, right + missed.size(), recall, precision);
        assertThat(recall).as("seed %s missed %s", SEED, missed).isGreaterThanOrEqualTo(0.98);
        assertThat(precision).as("seed %s wrong %s", SEED, wrong).isGreaterThanOrEqualTo(0.98);
    }

    /** Wherever a piece of the stream ends, a credential across the end is found once, at its place. */
    @Test
    void aCredentialAcrossTheEdgeOfWhatIsReadAtOnceIsFound() {
        Random random = new Random(SEED);
        for (int edge : List.of(1 << 20, (1 << 20) + 33_000, 2 << 20)) {
            for (int off = -60; off <= 20; off += 4) {
                String token = "ghp_"
                        + random.ints(36, 'a', 'z' + 1)
                                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
                String before = "x\n".repeat((edge + off) / 2);
                String text = before + "t=" + token + "\n" + "y\n".repeat(40_000);
                List<CredentialMatch> found = sightings(text, Path.of("a.txt"));
                assertThat(found)
                        .as("seed %s, edge %s, off %s", SEED, edge, off)
                        .hasSize(1);
                assertThat(found.getFirst().offset()).isEqualTo(before.length() + 2);
                assertThat(found.getFirst().line()).isEqualTo((edge + off) / 2 + 1);
            }
        }
    }

    @Test
    void theMoreParticularKindNamesIt() {
        String token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        assertThat(sightings("GITHUB_TOKEN=" + token + "\n", Path.of(".env")))
                .singleElement()
                .satisfies(one -> assertThat(one.kind().id()).isEqualTo("github-token"));
    }

    @Test
    void aLineThatAPersonHasLookedAtIsPassedOver() {
        String token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        assertThat(sightings("a " + token + " # interlock: not a secret\nb " + token + "\n", Path.of("x")))
                .extracting(CredentialMatch::line)
                .containsExactly(2L);
    }

    /** The form of a token alone does not tell its provider; the host that it is sent to does. */
    @Test
    void aTokenIsKnownByWhereItIsSent() {
        String token = "4c76fed3-93de-4fc7-9394-6f07f107312a";
        assertThat(sightings(
                        "curl -H 'Authorization: Bearer " + token + "' https://backboard.railway.com/\n", Path.of("x")))
                .extracting(one -> one.kind().id())
                .containsExactly("railway-token");
        assertThat(sightings("curl -H 'Authorization: Bearer " + token + "' https://api.acme.io/\n", Path.of("x")))
                .extracting(one -> one.kind().id())
                .containsExactly("bearer-token");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#!/bin/sh\nTOKEN=\"%s\"\nset -eu\ncurl -H \"Authorization: Bearer $TOKEN\" https://backboard.railway.com/\n",
                "export TOKEN=%s\ncurl https://backboard.railway.app/graphql/v2\n",
                "url: https://backboard.railway.com/graphql/v2\nheaders:\n  retries: 3\n  api_key: %s\n",
                "const token: string = '%s';\nawait fetch(`https://backboard.railway.com/graphql/v2`);\n",
                "HOST = 'https://backboard.railway.com'\nCONFIG = {'token' => '%s'}\n",
                "const railwayToken: string = \"%s\";\n"
            })
    void aTokenIsKnownByTheAddressBesideIt(String text) {
        String token = "4c76fed3-93de-4fc7-9394-6f07f107312a";
        assertThat(sightings(text.formatted(token), Path.of("x")))
                .extracting(one -> one.kind().id())
                .containsExactly("railway-token");
        assertThat(sightings(text.formatted(token).replaceAll("(?i)railway", "acme"), Path.of("x")))
                .extracting(one -> one.kind().id())
                .doesNotContain("railway-token");
    }

    /** The program itself makes the keys, in each form that it writes. */
    @ParameterizedTest
    @ValueSource(strings = {"-t ed25519", "-t ecdsa", "-t rsa -b 2048", "-t rsa -b 2048 -m PEM", "-t ecdsa -m PKCS8"})
    @Tag("process")
    void everyKeyThatOpenSshMakesIsFound(String how, @TempDir Path directory) throws Exception {
        Path key = directory.resolve("key");
        List<String> command = new ArrayList<>(List.of("ssh-keygen", "-q", "-N", "", "-f", key.toString()));
        command.addAll(List.of(how.split(" ", -1)));
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
        assertThat(sightings(Files.readString(key), key))
                .extracting(one -> one.kind().id())
                .containsExactly("private-key");
    }

    @Test
    void aKindThatBelongsToOneFileIsFoundOnlyThere() {
        String text = "machine git.acme.io login ann password hunter2hunter\n";
        assertThat(sightings(text, Path.of("/home/ann/.netrc"))).hasSize(1);
        assertThat(sightings(text, Path.of("/home/ann/notes.txt"))).isEmpty();
    }

    /** The file is made to be expensive: every position looks like a beginning. */
    @Test
    void whatLooksLikeACredentialEverywhereIsReadToItsEnd() {
        String hostile = ("password=\"" + "a1".repeat(3) + "-----BEGIN PRIVATE KEY-----" + "eyJ").repeat(4_000)
                + "\nGH=ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5" + "\n";
        assertThat(sightings(hostile, Path.of("x")))
                .extracting(one -> one.kind().id())
                .contains("github-token");
    }

    @Test
    void everyKindIsFoundInTheCorpusOrSaidNotToBe() {
        CredentialCorpus corpus = new CredentialCorpus(SEED);
        List<String> found = corpus.positives().stream()
                .flatMap(one -> sightings(one.text(), one.name()).stream())
                .map(one -> one.kind().id())
                .distinct()
                .toList();
        assertThat(kinds.kinds().stream().map(CredentialKind::id).filter(id -> !found.contains(id)))
                .as("kinds without a labelled example")
                .isSubsetOf(UNTRIED);
    }

    /** The kinds without a public format, so that examples would only repeat the pattern. */
    private static final List<String> UNTRIED = List.of(
            "google-refresh-token",
            "azure-storage-key",
            "hetzner-token",
            "heroku-key",
            "fly-token",
            "render-key",
            "vercel-token",
            "onepassword-token",
            "bitbucket-token",
            "crates-token",
            "discord-token",
            "stripe-test-key",
            "square-token",
            "mailgun-key",
            "twilio-key",
            "tool-login");

    private List<String> found(String text, Path name) {
        return sightings(text, name).stream()
                .map(one -> one.secret().<String>use(value -> value))
                .toList();
    }

    private List<CredentialMatch> sightings(String text, Path name) {
        try {
            return scan.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
