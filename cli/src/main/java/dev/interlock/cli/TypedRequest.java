package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A request as a person types it, {@code METHOD /path}. Header names are in lower case. */
record TypedRequest(String method, String target, List<Header> headers, Bytes body) {

    /** {@code request} is {@code METHOD /path}. */
    static TypedRequest read(String request, List<String> fields, Bytes body) {
        String[] words = request.strip().split("\\s+", -1);
        if (words.length != 2 || !words[1].startsWith("/")) {
            throw new UsageException("`" + request + "` is no request, as 'DELETE /repos/acme/shop'");
        }
        List<Header> headers = new ArrayList<>(UsageException.unless(() -> headers(fields)));
        if (body.length() > 0
                && headers.stream().noneMatch(header -> header.name().equals("content-type"))) {
            headers.add(new Header("content-type", "application/json")); // that is what people mean
        }
        return new TypedRequest(words[0], words[1], headers, body);
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
}
