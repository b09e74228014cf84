package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretMatcherTest {

    private static final String TOKEN = "rw_Fe26.2*1*9f~c/0a+7d==:81b";

    private static SecretMatcher of(String... secrets) {
        SecretMatcher.TraceKey key = SecretMatcher.TraceKey.random(new SecureRandom());
        List<SecretMatcher.SecretTrace> all = new ArrayList<>();
        for (String secret : secrets) {
            all.addAll(key.of("slot", false, new Secret(secret)));
        }
        return new SecretMatcher(key, all);
    }

    private static boolean finds(SecretMatcher traces, String text) {
        return traces.find(text.getBytes(StandardCharsets.UTF_8)).credentials().contains("slot");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void secretIsFoundWhereverItStandsWhole() {
        SecretMatcher traces = of(TOKEN);
        for (String around : List.of("%s", "x%s", "%sx", "{\"a\":\"%s\"}", "postgres://u:%s@host/db", "a\n%s\nb")) {
            assertThat(finds(traces, around.formatted(TOKEN))).as(around).isTrue();
        }
    }

    @Test
    void secretIsFoundInTheUsualEncodings() {
        SecretMatcher traces = of(TOKEN);
        for (String before : List.of("", "a", "ab", "abc", "user:")) {
            String text = before + TOKEN + "tail";
            assertThat(finds(traces, "data: " + base64(text) + ";")).as(before).isTrue();
            assertThat(finds(traces, Base64.getUrlEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))))
                    .as(before)
                    .isTrue();
            assertThat(finds(traces, "{\"a\":\"" + base64(text).replace("/", "\\/") + "\"}"))
                    .isTrue();
        }
        assertThat(finds(traces, "q=" + URLEncoder.encode(TOKEN, StandardCharsets.UTF_8)))
                .isTrue();
        StringBuilder all = new StringBuilder();
        StringBuilder unicode = new StringBuilder();
        TOKEN.chars().forEach(c -> {
            all.append("%").append(Integer.toHexString(c));
            unicode.append("\\u00").append(Integer.toHexString(c));
        });
        assertThat(finds(traces, all.toString())).isTrue();
        assertThat(finds(traces, "{\"a\":\"" + unicode + "\"}")).isTrue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void secretIsFoundInUtf16AndUtf32OfEitherOrder() {
        for (String charset : List.of("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE")) {
            byte[] text = ("{\"a\": \"" + TOKEN + "\"}").getBytes(Charset.forName(charset));
            assertThat(of(TOKEN).find(text).isNothing()).as(charset).isFalse();
        }
    }

    /** A compressed file has them anywhere, and costs half as much if they are not read as characters. */
    @Test
    void zerosThatStandBesideNoCharactersAreNotLeftOut() {
        byte[] text = ("a\0bc\0d" + "\0e".repeat(6) + TOKEN).getBytes(StandardCharsets.UTF_8);
        assertThat(TextReadings.of(text)).hasSize(1);
        assertThat(of(TOKEN).find(text).isNothing()).isFalse();
    }

    @Test
    void secretIsFoundInHexadecimalOfEitherCase() {
        String long_ = random(new Random(6), 2_000);
        for (String secret : List.of(TOKEN, long_)) {
            String text = "x" + secret + "tail";
            assertThat(finds(of(secret), HexFormat.of().formatHex(bytes(text)))).isTrue();
            assertThat(finds(
                            of(secret),
                            "{\"a\":\"" + HexFormat.of().withUpperCase().formatHex(bytes(text)) + "\"}"))
                    .isTrue();
        }
    }

    @Test
    void secretIsFoundInLinesOfBase64AndHexadecimal() {
        SecretMatcher traces = of(TOKEN);
        for (String between : List.of("\n", "\r\n", "\n    ", " ", "\t")) {
            for (int before = 0; before < 60; before++) {
                byte[] text = bytes("x".repeat(before) + TOKEN + "y".repeat(90));
                String lines = Base64.getMimeEncoder(76, bytes(between)).encodeToString(text);
                assertThat(finds(traces, lines)).as("%d, %s", before, lines).isTrue();
                assertThat(finds(
                                traces,
                                Json.object().with("a", "file: " + lines).canonicalText()))
                        .isTrue();
                assertThat(finds(
                                traces,
                                URLEncoder.encode(lines, StandardCharsets.US_ASCII)
                                        .replace("+", "%20")))
                        .isTrue();
            }
            String hex = HexFormat.of().formatHex(bytes("abc" + TOKEN)).replaceAll(".{60}", "$0" + between);
            assertThat(finds(traces, "a: " + hex)).isTrue();
        }
    }

    @Test
    void nothingIsJoinedThatIsNotBroken() {
        String line = "A".repeat(32);
        SecretMatcher traces = of(line + "BBBBBBBBBBBBBBBB");
        assertThat(finds(traces, "\n" + line + "\nBBBBBBBBBBBBBBBB")).isTrue();
        assertThat(finds(traces, line + ".\nBBBBBBBBBBBBBBBB")).isFalse();
        assertThat(finds(traces, line + "\n")).isFalse();
        assertThat(finds(traces, line + "\n\"BBBBBBBBBBBBBBBB\n")).isFalse();
        assertThat(finds(traces, line.substring(1) + "\nABBBBBBBBBBBBBBBB"))
                .as("no line")
                .isFalse();
    }

    @Test
    void everyPlaceWhereLinesBeginIsSeen() {
        SecretMatcher traces = of(TOKEN);
        String lines = Base64.getMimeEncoder(32, bytes("\n")).encodeToString(bytes(TOKEN + "y".repeat(30)));
        for (int before = 0; before < 70; before++) {
            assertThat(finds(traces, ".".repeat(before) + lines)).isTrue();
            assertThat(finds(traces, "B".repeat(40) + "\nB" + ".".repeat(before) + lines))
                    .isTrue();
        }
    }

    @Test
    void secretIsFoundBehindTwoPercentSignsAndReferencesOfHtml() {
        SecretMatcher traces = of("a&b<c>d\"e'f/g%h+i=j");
        String twice = URLEncoder.encode(
                URLEncoder.encode("a&b<c>d\"e'f/g%h+i=j", StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        assertThat(finds(traces, twice)).isTrue();
        assertThat(finds(traces, "<p>a&amp;b&lt;c&gt;d&quot;e&#39;f&#x2f;g%h+i=j</p>"))
                .isTrue();
        assertThat(finds(
                        traces,
                        Json.object()
                                .with("a", "\\a&amp;b&lt;c&gt;d&quot;e&#39;f&#x2F;g%h+i=j")
                                .canonicalText()))
                .isTrue();
        assertThat(finds(traces, "a&amp b&#;&#x;&#99999999;&#xffffff;&nothing;&"))
                .isFalse();
    }

    @Test
    void secretOfSeveralLinesIsFoundInJsonWithinJson() {
        String key = "-----BEGIN KEY-----\nMIIabcdefgh\"ijk\nlmnopqrstu\n-----END KEY-----\n";
        SecretMatcher traces = of(key);
        String once = Json.object().with("file", key).canonicalText();
        assertThat(finds(traces, once)).isTrue();
        assertThat(finds(traces, Json.object().with("arguments", once).canonicalText()))
                .isTrue();
    }

    @Test
    void shortestThatIsLookedForIsFoundAlsoWhereNothingElseStands() {
        String shortest = TOKEN.substring(0, SecretMatcher.WINDOW);
        assertThat(finds(of(shortest), shortest)).isTrue();
        assertThat(finds(of(shortest), "a " + shortest)).isTrue();
    }

    @Test
    void escapesOfGraphQlAndThoseBehindPercentSignsAreRead() {
        SecretMatcher traces = of(TOKEN);
        StringBuilder braces = new StringBuilder();
        StringBuilder unicode = new StringBuilder();
        TOKEN.chars().forEach(c -> {
            braces.append("\\u{000").append(Integer.toHexString(c)).append('}');
            unicode.append("\\u00").append(Integer.toHexString(c));
        });
        String graphQl = "mutation { note(text: \"" + braces + "\") }";
        assertThat(finds(traces, graphQl)).isTrue();
        assertThat(finds(traces, Json.object().with("query", graphQl).canonicalText()))
                .isTrue();
        String form = "payload=" + URLEncoder.encode("{\"a\":\"" + unicode + "\"}", StandardCharsets.UTF_8);
        assertThat(finds(traces, form)).isTrue();
        assertThat(finds(traces, "\\u{" + TOKEN + "\\u{110000}\\u{"))
                .as("no escapes")
                .isTrue();
    }

    @Test
    void longSecretIsFoundByItsMiddleSoThatTextsMadeOfItCostLittle() {
        String key = random(new Random(5), 30_000);
        SecretMatcher.TraceKey fingerprints = SecretMatcher.TraceKey.random(new SecureRandom());
        List<SecretMatcher.SecretTrace> all = fingerprints.of("slot", false, new Secret(key));
        assertThat(all)
                .extracting(SecretMatcher.SecretTrace::length)
                .allMatch(length -> length <= SecretMatcher.LONGEST * 4 / 3 + 4);
        SecretMatcher traces = new SecretMatcher(fingerprints, all);
        assertThat(finds(traces, "a" + key + "b")).isTrue();
        assertThat(finds(traces, base64("ab" + key))).isTrue();
        assertThat(finds(traces, key.substring(0, 10_000))).isFalse();
    }

    @Test
    void whatIsShorterSplitOrAnotherIsNotFound() {
        assertThat(finds(of("short-one"), "short-one")).isFalse();
        SecretMatcher traces = of(TOKEN);
        assertThat(finds(traces, TOKEN.substring(1))).isFalse();
        assertThat(finds(traces, TOKEN.substring(0, TOKEN.length() - 1))).isFalse();
        assertThat(finds(traces, TOKEN.substring(0, 10) + " " + TOKEN.substring(10)))
                .isFalse();
        assertThat(finds(traces, TOKEN.replace('9', '8'))).isFalse();
        assertThat(finds(of(), TOKEN)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void manySecretsAreEachFoundAtAnyPlaceOfRandomText(long seed) {
        Random random = new Random(seed);
        SecretMatcher.TraceKey key = SecretMatcher.TraceKey.random(new SecureRandom());
        List<String> secrets = new ArrayList<>();
        List<SecretMatcher.SecretTrace> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String secret = random(random, SecretMatcher.WINDOW + random.nextInt(60));
            secrets.add(secret);
            all.addAll(key.of("s" + i, i % 2 == 0, new Secret(secret)));
        }
        SecretMatcher traces = SecretMatcher.read(new SecretMatcher(key, all).json());
        for (int i = 0; i < secrets.size(); i++) {
            String text = random(random, random.nextInt(3_000)) + secrets.get(i) + random(random, random.nextInt(90));
            SecretMatcher.SecretMatches found = traces.find(text.getBytes(StandardCharsets.UTF_8));
            assertThat(i % 2 == 0 ? found.decoys() : found.credentials())
                    .as("seed %s, secret %s", seed, i)
                    .isEqualTo(Set.of("s" + i));
        }
        assertThat(traces.find(random(random, 1 << 20).getBytes(StandardCharsets.UTF_8))
                        .isNothing())
                .isTrue();
    }

    private static String random(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('!' + random.nextInt(94)));
        }
        // A random `%41` or `\n` would be decoded here in the search and nowhere else.
        return text.toString().replace('%', 'p').replace('\\', 'b');
    }

    @Test
    void whatIsToldHoldsNoSecretAndIsReadStrictly() {
        Json.Members told = of(TOKEN).json();
        assertThat(told.canonicalText()).doesNotContain(TOKEN).doesNotContain(TOKEN.substring(5, 17));
        assertThatThrownBy(() -> SecretMatcher.read(told.with("key", "AAAA"))).isInstanceOf(MalformedException.class);
        Json.Members one = told.objects("traces").getFirst();
        for (Json.Members odd : List.of(
                one.with("before", 1 << 20),
                one.with("before", -1),
                one.with("length", SecretMatcher.WINDOW - 1),
                one.with("digest", "00"),
                one.with("window", "none"),
                one.with("before", Integer.MAX_VALUE),
                one.with("window", "ffffffff"),
                one.with("window", Integer.toHexString(1 << 18)))) {
            assertThatThrownBy(() -> SecretMatcher.read(told.with("traces", new Json.Array(List.of(odd)))))
                    .as(odd.canonicalText())
                    .isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void ofAWindowTooLittleIsToldToWorkItOut() {
        assertThat(of(TOKEN).json().objects("traces"))
                .isNotEmpty()
                .allSatisfy(trace ->
                        assertThat(Integer.parseInt(trace.text("window"), 16)).isLessThan(1 << 18));
    }
}
