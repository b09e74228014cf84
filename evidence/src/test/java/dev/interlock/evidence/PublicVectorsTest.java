package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests signatures, proofs and canonical JSON with the vectors that others publish. Each file names its source. */
final class PublicVectorsTest {

    private static final HexFormat HEX = HexFormat.of();
    private static final int P256_WIDTH = 32;

    /** RFC 8032 §7.1 is among them. */
    @Test
    void ed25519VerifiesWhatWycheproofCallsValidAndNothingElse() throws Exception {
        assertThat(wrong(
                        "ed25519.txt",
                        vector -> isGenuine("Ed25519", SshPublicKey.ed25519OfRaw(hex(vector[1])), vector)))
                .isEmpty();
    }

    /** The JDK also reads number 6, whose s lacks its leading zero. It is the same pair of numbers in a looser DER. */
    @Test
    void p256VerifiesWhatWycheproofCallsValidAndOneLooserSpelling() throws Exception {
        assertThat(wrong("ecdsa-p256.txt", vector -> isGenuine("SHA256withECDSA", p256(hex(vector[1])), vector)))
                .singleElement()
                .asString()
                .startsWith("6 ");
    }

    @Test
    void proofsOfTreesVerifyAsTransparencyDevSays() throws Exception {
        assertThat(wrong("merkle-proofs.txt", PublicVectorsTest::isProved)).isEmpty();
    }

    /** Fractions, which {@link Json} refuses, are left out of the published pairs. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "[56,{\"d\":true,\"10\":null,\"1\":[]}]                                | [56,{\"1\":[],\"10\":null,\"d\":true}]",
                "{\"peach\":\"a\",\"péché\":\"b\",\"pêche\":\"c\",\"sin\":\"d\"}       | {\"peach\":\"a\",\"péché\":\"b\",\"pêche\":\"c\",\"sin\":\"d\"}",
                "{\"1\":{\"f\":{\"f\":\"hi\",\"F\":5},\"\\n\":56},\"10\":{},\"\":\"empty\",\"a\":{},\"A\":{}} | {\"\":\"empty\",\"1\":{\"\\n\":56,\"f\":{\"F\":5,\"f\":\"hi\"}},\"10\":{},\"A\":{},\"a\":{}}",
                "{\"Unnormalized Unicode\":\"A\\u030a\"}                              | {\"Unnormalized Unicode\":\"A\u030a\"}",
                "{\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"}  | {\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
                "{\"\\u20ac\":1,\"\\r\":2,\"\\u000a\":3,\"1\":4,\"\\u0080\":5,\"\\ud83d\\ude02\":6,\"\\u00f6\":7,\"\\ufb33\":8,\"</script>\":9} | {\"\\n\":3,\"\\r\":2,\"1\":4,\"</script>\":9,\"\u0080\":5,\"ö\":7,\"€\":1,\"\ud83d\ude02\":6,\"\ufb33\":8}"
            })
    void jsonIsWrittenAsTheAuthorsOfRfc8785WriteIt(String written, String canonical) {
        Json.Members read =
                Json.readWritten(("{\"of\":" + written + "}").getBytes(StandardCharsets.UTF_8), "the vector");

        assertThat(read.canonicalText()).isEqualTo("{\"of\":" + canonical + "}");
    }

    /** Returns the vectors of {@code file} for which {@code verifies} says something else than their last word. */
    private static List<String> wrong(String file, Predicate<String[]> verifies) throws IOException {
        try (InputStream in = PublicVectorsTest.class.getResourceAsStream(file)) {
            List<String> all = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
            assertThat(all).hasSizeGreaterThan(100);
            return all.stream()
                    .filter(line ->
                            verifies.test(line.split(" ", -1)) != (line.endsWith(" valid") || line.endsWith(" right")))
                    .toList();
        }
    }

    private static boolean isGenuine(String algorithm, PublicKey key, String[] vector) {
        try {
            return SshPublicKey.verifies(algorithm, key, hex(vector[3]), hex(vector[2]));
        } catch (BadSignatureException e) {
            return false;
        }
    }

    private static PublicKey p256(byte[] point) {
        return SshPublicKey.ecdsa(
                SshKeyType.Curve.P256,
                new BigInteger(1, Arrays.copyOfRange(point, 1, 1 + P256_WIDTH)),
                new BigInteger(1, Arrays.copyOfRange(point, 1 + P256_WIDTH, point.length)));
    }

    private static boolean isProved(String[] vector) {
        try {
            long first = Long.parseLong(vector[1]);
            long second = Long.parseLong(vector[2]);
            Hash third = Hash.ofBase64(vector[3]);
            Hash fourth = Hash.ofBase64(vector[4]);
            List<Hash> path = vector[5].equals("-")
                    ? List.of()
                    : Stream.of(vector[5].split(",", -1)).map(Hash::ofBase64).toList();
            if (vector[0].equals("inclusion")) {
                new InclusionProof(first, second, path).verify(fourth, third);
            } else {
                new ConsistencyProof(first, second, path).verify(third, fourth);
            }
            return true;
        } catch (BadSignatureException | MalformedException | NumberFormatException e) {
            return false; // a size beyond 63 bits is no size here
        }
    }

    private static byte[] hex(String text) {
        return text.equals("-") ? new byte[0] : HEX.parseHex(text);
    }
}
