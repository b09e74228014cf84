package dev.interlock.adopt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Secret;
import dev.interlock.shapes.CredentialKind;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.shapes.LiteralFinder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecoyGeneratorTest {

    private static final long SEED = Long.getLong("interlock.seed", 20261120);

    private final CredentialKinds kinds = CredentialKinds.known();
    private final CredentialScanner scan = new CredentialScanner(kinds.kinds(), new LiteralFinder(kinds.kinds()));
    private final Random random = new Random(SEED);

    /**
     * A decoy is believable if our own scanner, which knows the forms, takes it for the same kind at the same place.
     */
    @Test
    void aDecoyOfEveryKindPassesForOneAndIsNotIt() {
        List<String> wrong = new ArrayList<>();
        for (CredentialCorpus.LabelledSample one : new CredentialCorpus(SEED).positives()) {
            CredentialMatch original = sightings(one.text(), one).getFirst();
            String decoy = DecoyGenerator.of(original.kind(), original.secret(), random)
                    .use(text -> text);
            String before = original.secret().use(text -> text);
            assertThat(decoy)
                    .as("seed %s, %s", SEED, one.label())
                    .hasSameSizeAs(before)
                    .isNotEqualTo(before);
            boolean passes = sightings(one.text().replace(before, decoy), one).stream()
                    .anyMatch(planted ->
                            planted.kind().id().equals(original.kind().id()) && planted.offset() == original.offset());
            if (!passes) {
                wrong.add(one.label());
            }
        }
        assertThat(wrong).as("seed %s", SEED).isEmpty();
    }

    /** Otherwise generation would never end, or the decoy would be the real credential. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ghp_", // all of it belongs to the kind
                "ghp_ghp_ghp_",
                "!$%&+-*=!$%&+-*=", // no characters that a decoy could vary
                "\u00d0\u00bf\u00d0\u00b0\u00d1\u0080\u00d0\u00be\u00d0\u00bb\u00d1\u008c" // UTF-8, byte for byte
            })
    @Timeout(30)
    void whatOffersNothingToChangeIsChangedNevertheless(String original) {
        assertThat(DecoyGenerator.of(kind("github-token"), new Secret(original), random)
                        .<String>use(text -> text))
                .as("seed %s", SEED)
                .hasSameSizeAs(original)
                .isNotEqualTo(original);
    }

    @Test
    void nothingButTheFormIsKept() {
        CredentialKind kind = kind("github-token");
        String original = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        String decoy = DecoyGenerator.of(kind, new Secret(original), random).use(text -> text);
        long same = 0;
        for (int i = 4; i < original.length(); i++) {
            same += original.charAt(i) == decoy.charAt(i) ? 1 : 0;
        }
        assertThat(decoy).startsWith("ghp_");
        assertThat(same).as("seed %s", SEED).isLessThan(12);
    }

    /** Readers of such a file check its beginning, and so would an attacker who wants to recognise a decoy. */
    @Test
    void keyOfOpensshBeginsAsEveryOneDoes() {
        String original = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"
                + "AAAAAAAAABAAAAMwAAAAtz" + "\nc2gtZWQyNTUxOQAAACD\n-----END OPENSSH PRIVATE KEY-----";
        String decoy = DecoyGenerator.of(kind("private-key"), new Secret(original), random)
                .use(text -> text);
        assertThat(decoy)
                .as("seed %s", SEED)
                .isNotEqualTo(original)
                .startsWith("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA");
    }

    private CredentialKind kind(String id) {
        return kinds.kinds().stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private List<CredentialMatch> sightings(String text, CredentialCorpus.LabelledSample one) {
        try {
            return scan.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), one.name());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
