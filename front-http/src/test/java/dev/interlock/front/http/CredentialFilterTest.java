package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Header;
import dev.interlock.action.SecretForms;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the credential of a call does not come back in its answer. */
final class CredentialFilterTest {

    private static final String SECRET = "rw_S3cret/with+odd=chars~and\u00fcmlaut";
    private static final Header SLOT = new Header("authorization", "Bearer " + SECRET);

    private static UpstreamAnswer clean(UpstreamAnswer answer, Header slot) {
        return CredentialFilter.clean(answer, SecretForms.ofField(slot.value()));
    }

    /** Two parts may each contain half of the credential. */
    @Test
    void aPartialAnswerIsWithheld() throws Exception {
        FakeBody body = new FakeBody();
        body.pieces.add(SECRET.substring(3).getBytes(StandardCharsets.UTF_8));
        List<Header> headers = List.of(
                new Header("content-type", "application/octet-stream"),
                new Header("content-length", "20"),
                new Header("content-range", "bytes 3-22/99"));
        UpstreamAnswer clean = clean(new UpstreamAnswer(206, headers, body), SLOT);
        assertThat(clean.next()).isEmpty();
        assertThat(clean.note().orElseThrow()).contains("a partial response");
        assertThat(clean.headers()).containsExactly(headers.getFirst());
    }

    private static UpstreamAnswer answer(List<Header> headers, byte[]... pieces) {
        FakeBody body = new FakeBody();
        body.pieces.addAll(List.of(pieces));
        return new UpstreamAnswer(200, headers, body);
    }

    private static byte[] whole(UpstreamAnswer answer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Optional<byte[]> piece = answer.next(); piece.isPresent(); piece = answer.next()) {
            out.writeBytes(piece.get());
        }
        return out.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> forms() {
        byte[] secret = utf8(SECRET);
        List<String> forms = new ArrayList<>(List.of(
                SECRET,
                SECRET.replace("/", "\\/"),
                URLEncoder.encode(SECRET, StandardCharsets.UTF_8),
                HexFormat.of().formatHex(secret),
                HexFormat.of().withUpperCase().formatHex(secret),
                SECRET.replace("\u00fc", "\\u00fc"), // Python
                SECRET.replace("=", "\\u003d"), // Gson
                SECRET.replace("+", "\\u002B").replace("\u00fc", "\\u00FC"), // System.Text.Json
                SECRET.replace("+", "\\u002b").replace("\u00fc", "\\u00fc"),
                SECRET.replace("=", "&#x3D;"), // Handlebars
                SECRET.replace("=", "&#x3D;").replace("/", "&#x2F;"), // Mustache
                SECRET.replace("+", "&#43;"))); // Go's html/template
        for (String before : List.of("", "u", "u:", "xyz")) {
            for (String after : List.of("", "!", "!!")) {
                forms.add(Base64.getEncoder().encodeToString(utf8(before + SECRET + after)));
                forms.add(Base64.getUrlEncoder().withoutPadding().encodeToString(utf8(before + SECRET + after)));
            }
        }
        return forms;
    }

    /** Fails if a reader could recover the secret: in any form, and in base64 at any offset. */
    private static void assertGone(byte[] text, String why) {
        String shown = new String(text, StandardCharsets.UTF_8);
        assertThat(SecretForms.of(SECRET).isIn(shown)).as("%s: %s", why, shown).isFalse();
    }

    @Test
    void aUserAndAPasswordAreFoundTogetherAndApart() throws IOException {
        String password = "p&ss\"w\\rd/<1>";
        String pair = "ann:" + password;
        Header slot = new Header("authorization", "Basic " + Base64.getEncoder().encodeToString(utf8(pair)));
        List<String> shown = List.of(
                slot.value(),
                pair,
                password,
                password.replace("\\", "\\\\").replace("\"", "\\\""),
                password.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("\"", "&quot;"),
                "p\\u0026ss\\\"w\\\\rd/\\u003c1\\u003e", // Gson
                "p\\u0026ss\\u0022w\\\\rd/\\u003C1\\u003E", // System.Text.Json
                "p&amp;ss&quot;w\\rd&#x2F;&lt;1&gt;", // Mustache
                URLEncoder.encode(pair, StandardCharsets.UTF_8),
                HexFormat.of().formatHex(utf8(password)),
                Base64.getEncoder().encodeToString(utf8("someone else:" + password)),
                Base64.getUrlEncoder().encodeToString(utf8(password)));
        for (String form : shown) {
            byte[] clean = whole(clean(answer(List.of(), utf8("[" + form + "]")), slot));
            assertThat(new String(clean, StandardCharsets.UTF_8))
                    .as(form)
                    .contains("***")
                    .doesNotContain("p&");
            String left = new String(clean, StandardCharsets.UTF_8).replaceAll("[^A-Za-z0-9+/=_-]", "");
            assertThat(left.length()).as("%s: %s", form, left).isLessThanOrEqualTo(20);
            List<Header> headers =
                    clean(answer(List.of(new Header("x-echo", form))), slot).headers();
            assertThat(headers).as(form).isEmpty();
        }
    }

    @Test
    void everyEncodingIsFoundAnywhereAcrossChunks() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (String form : forms()) {
            for (int round = 0; round < 40; round++) {
                byte[] text = utf8("{\"a\":\"" + "x".repeat(random.nextInt(4)) + form + "\",\"b\":\"" + form + "\"}");
                List<byte[]> pieces = new ArrayList<>();
                for (int at = 0; at < text.length; ) {
                    int end = Math.min(text.length, at + 1 + random.nextInt(round % 2 == 0 ? 3 : text.length));
                    pieces.add(Arrays.copyOfRange(text, at, end));
                    at = end;
                }
                byte[] clean = whole(clean(answer(List.of(), pieces.toArray(byte[][]::new)), SLOT));
                assertGone(clean, "seed " + seed + " form " + form);
                assertThat(new String(clean, StandardCharsets.UTF_8)).doesNotContain(form);
                assertThat(clean).as("seed %d form %s", seed, form).hasSameSizeAs(text);
                assertThat(new String(clean, StandardCharsets.UTF_8))
                        .startsWith("{\"a\":\"")
                        .endsWith("\"}");
            }
        }
    }

    @Test
    void aShortFormThatBeginsALongOneIsFoundAtTheEnd() throws IOException {
        String plain = "abcdefgh";
        UpstreamAnswer answer = answer(List.of(), utf8("x" + plain));
        byte[] clean = whole(clean(answer, new Header("x-key", plain)));
        assertThat(new String(clean, StandardCharsets.UTF_8)).isEqualTo("x********");
    }

    @Test
    void otherContentIsPassedOnAtOnce() throws IOException {
        UpstreamAnswer clean = clean(answer(List.of(), utf8("data: one\n\n"), utf8("data: two\n\n")), SLOT);
        assertThat(clean.next()).hasValueSatisfying(piece -> assertThat(piece).isEqualTo(utf8("data: one\n\n")));
        assertThat(clean.next()).hasValueSatisfying(piece -> assertThat(piece).isEqualTo(utf8("data: two\n\n")));
        assertThat(clean.next()).isEmpty();
    }

    @Test
    void aHeaderFieldWithAnyFormIsLeftOut() {
        List<Header> headers = new ArrayList<>(List.of(new Header("x-fine", "fine")));
        forms().forEach(form -> headers.add(new Header("x-echo", "got " + form)));
        assertThat(clean(answer(headers), SLOT).headers()).containsExactly(new Header("x-fine", "fine"));
    }

    /** It arrives in lower case, which gives most of a credential away. */
    @Test
    void aHeaderFieldNamedLikeTheSecretIsLeftOut() {
        Header slot = new Header("x-key", "SECRET-shop-Read-0123456789");
        List<Header> headers = List.of(new Header("x-fine", "fine"), new Header("x-secret-shop-read-0123456789", "x"));
        assertThat(clean(answer(headers), slot).headers()).containsExactly(headers.getFirst());
    }

    /** This holds whether or not the answer declares the charset. */
    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE"})
    void utf16ContentIsScanned(String charset) throws IOException {
        for (String form : forms()) {
            byte[] text = ("<a>" + form + "</a>").getBytes(Charset.forName(charset));
            for (List<Header> headers :
                    List.of(List.<Header>of(), List.of(new Header("content-type", "text/xml; charset=" + charset)))) {
                byte[] clean = whole(
                        clean(answer(headers, Arrays.copyOf(text, 9), Arrays.copyOfRange(text, 9, text.length)), SLOT));
                assertThat(clean).hasSameSizeAs(text);
                assertGone(new String(clean, Charset.forName(charset)).getBytes(StandardCharsets.UTF_8), form);
                assertThat(new String(clean, StandardCharsets.ISO_8859_1))
                        .contains("***")
                        .startsWith(new String(Arrays.copyOf(text, 6), StandardCharsets.ISO_8859_1));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "text/html; charset=utf-8",
                "text/html;charset=\"UTF-8\"; x=y",
                "text/html; Charset=iso-8859-1",
                "text/html; charset=windows-1252",
                "text/html; charset=",
                "application/gzip; charset=binary"
            })
    void supportedCharsetsArePassedOn(String type) throws IOException {
        UpstreamAnswer clean = clean(answer(List.of(new Header("content-type", type)), utf8("[" + SECRET)), SLOT);
        assertThat(new String(whole(clean), StandardCharsets.UTF_8)).startsWith("[***");
        assertThat(clean.note()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html; charset=utf-32",
                "text/html; charset=\"ibm037\"",
                "text/html; charset=utf-7",
                "text/html; charset=utf-8; charset=utf-32be",
                "text/html; charset=no such"
            })
    void unsupportedCharsetsAreWithheld(String type) throws IOException {
        List<Header> headers = List.of(new Header("content-type", type), new Header("content-length", "8"));
        UpstreamAnswer clean = clean(answer(headers, utf8("anything")), SLOT);
        assertThat(whole(clean)).isEmpty();
        assertThat(clean.headers()).containsExactly(headers.getFirst());
        assertThat(clean.note()).get().asString().contains("its charset is not supported");
    }

    /** This holds for any status. */
    @Test
    void multipartRangesAreWithheld() throws IOException {
        Header type = new Header("content-type", "Multipart/ByteRanges; boundary=x");
        UpstreamAnswer clean = clean(answer(List.of(type), utf8(SECRET.substring(3))), SLOT);
        assertThat(whole(clean)).isEmpty();
        assertThat(clean.note()).get().asString().contains("a partial response");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "X-GZIP", "deflate", "identity"})
    void compressedContentIsScanned(String coding) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        byte[] text = utf8("{\"token\":\"" + SECRET + "\"}");
        switch (coding) {
            case "deflate" -> {
                try (var out = new DeflaterOutputStream(packed)) {
                    out.write(text);
                }
            }
            case "identity" -> packed.writeBytes(text);
            default -> {
                try (var out = new GZIPOutputStream(packed)) {
                    out.write(text);
                }
            }
        }
        byte[] bytes = packed.toByteArray();
        UpstreamAnswer clean = clean(
                answer(
                        List.of(new Header("content-encoding", coding), new Header("x-fine", "fine")),
                        Arrays.copyOf(bytes, 5),
                        Arrays.copyOfRange(bytes, 5, bytes.length)),
                SLOT);
        byte[] read = whole(clean);
        assertGone(read, coding);
        assertThat(new String(read, StandardCharsets.UTF_8))
                .startsWith("{\"token\":\"***")
                .endsWith("\"}");
        if (!coding.equals("identity")) {
            assertThat(clean.headers()).containsExactly(new Header("x-fine", "fine"));
        }
    }

    /**
     * A client that checks a digest would take a good answer for altered. The request's validators stay as they are.
     */
    @Test
    void headersAboutTheEncodedBodyAreRemoved() {
        assertThat(clean(answer(aboutBody("gzip")), SLOT).headers())
                .extracting(Header::name)
                .containsExactly("accept-ranges", "etag", "trailer");
    }

    @Test
    void headersAboutAWithheldBodyAreRemoved() {
        UpstreamAnswer clean = clean(answer(aboutBody("br")), SLOT);
        assertThat(clean.note()).isPresent();
        assertThat(clean.headers()).isEmpty();
    }

    private static List<Header> aboutBody(String coding) {
        List<Header> headers = new ArrayList<>(List.of(new Header("content-encoding", coding)));
        for (String name : List.of(
                "content-length",
                "content-md5",
                "digest",
                "content-digest",
                "repr-digest",
                "accept-ranges",
                "etag",
                "trailer")) {
            headers.add(new Header(name, "0"));
        }
        return headers;
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip", "x"})
    void unscannableContentIsWithheld(String coding) throws IOException {
        UpstreamAnswer clean = clean(answer(List.of(new Header("content-encoding", coding)), utf8("anything")), SLOT);
        assertThat(whole(clean)).isEmpty();
        assertThat(clean.headers()).isEmpty();
        assertThat(clean.note()).get().asString().contains("its compression is not supported");
    }

    /** The answer to a HEAD names the coding of a body, and has none. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void anEmptyCompressedBodyStaysEmpty(String coding) throws IOException {
        UpstreamAnswer clean = clean(answer(List.of(new Header("content-encoding", coding))), SLOT);
        assertThat(whole(clean)).isEmpty();
        assertThat(whole(clean)).isEmpty();
    }

    @Test
    void aTruncatedCompressedAnswerIsIncomplete() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            out.write(new byte[10_000]);
        }
        UpstreamAnswer cut = answer(
                List.of(new Header("content-encoding", "gzip")),
                Arrays.copyOf(packed.toByteArray(), packed.size() / 2));
        assertThatThrownBy(() -> whole(clean(cut, SLOT))).isInstanceOf(IOException.class);
    }
}
