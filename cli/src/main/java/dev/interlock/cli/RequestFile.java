package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A request as a person writes it: {@code METHOD /path}, or a whole HTTP request in a file. Header names are in lower
 * case.
 */
record RequestFile(String method, String target, List<Header> headers, Bytes body) {

    static RequestFile read(String request, List<String> headers, Bytes body) throws IOException {
        List<Header> _ = UsageException.unless(() -> headers(headers));
        if (request.equals("-")) {
            return whole(System.in.readAllBytes(), headers, body);
        }
        String[] words = request.strip().split("\\s+", -1);
        if (words.length == 2 && words[1].startsWith("/")) {
            return new RequestFile(words[0], words[1], typed(headers(headers), body), body);
        }
        Path file = Path.of(request);
        if (!Files.exists(file)) {
            throw new UsageException("`" + request + "` is neither a request, as 'DELETE /repos/acme/shop', nor "
                    + "a file that holds one");
        }
        return whole(Files.readAllBytes(file), headers, body);
    }

    private static RequestFile whole(byte[] bytes, List<String> more, Bytes body) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1); // one character for each byte, to find the body
        int blank = text.indexOf("\n\n");
        int windows = text.indexOf("\r\n\r\n");
        boolean isWindows = windows >= 0 && (blank < 0 || windows < blank);
        int head =
                isWindows ? windows : blank >= 0 ? blank : text.stripTrailing().length();
        int start = Math.min(text.length(), head + (isWindows ? 4 : 2));
        List<String> lines = text.substring(0, head).lines().toList();
        String[] words = lines.isEmpty() ? new String[0] : lines.getFirst().split(" ", -1);
        if (words.length < 2) {
            throw new IllegalArgumentException("the file must begin with a method and a path");
        }
        List<String> fields = new ArrayList<>(lines.subList(1, lines.size()));
        fields.addAll(more);
        Bytes carried = body.length() > 0 ? body : Bytes.of(Arrays.copyOfRange(bytes, start, bytes.length));
        return new RequestFile(words[0], words[1], typed(headers(fields), carried), carried);
    }

    private static List<Header> headers(List<String> fields) {
        List<Header> headers = new ArrayList<>();
        for (String field : fields) {
            int colon = field.indexOf(':');
            if (colon <= 0) {
                throw new IllegalArgumentException("`" + field + "` is not a header field, as `accept: */*`");
            }
            headers.add(new Header(
                    field.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                    field.substring(colon + 1).strip()));
        }
        return headers;
    }

    /** A body without a content type is JSON: that is what people mean. */
    private static List<Header> typed(List<Header> headers, Bytes body) {
        List<Header> all = new ArrayList<>(headers);
        if (body.length() > 0
                && headers.stream().noneMatch(header -> header.name().equals("content-type"))) {
            all.add(new Header("content-type", "application/json"));
        }
        return all;
    }
}
