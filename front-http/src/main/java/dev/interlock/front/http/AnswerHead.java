package dev.interlock.front.http;

import dev.interlock.action.Header;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The head of an upstream's answer in HTTP/2, read by RFC 9113 §8.3.2 without leniency. A field that would be refused
 * in HTTP/1.1 is refused here, because it may be written there next. The status is 100 to 599, without 101.
 */
record AnswerHead(int status, List<Header> headers) {

    private static final Pattern STATUS = Pattern.compile("[1-5][0-9][0-9]");

    AnswerHead {
        headers = List.copyOf(headers);
    }

    /** Reads a head. Throws if it could be read in two ways, or not at all. */
    static AnswerHead read(Http2Headers fields) throws IOException {
        List<Header> headers = new ArrayList<>();
        List<String> status = new ArrayList<>();
        for (Map.Entry<CharSequence, CharSequence> field : fields) {
            String name = field.getKey().toString();
            String value = field.getValue().toString();
            if (name.equals(":status")) {
                status.add(value);
            } else {
                headers.add(header(name, value));
            }
        }
        if (status.size() != 1 || !STATUS.matcher(status.getFirst()).matches()) {
            throw new IOException("the upstream's answer has no status, or more than one");
        }
        int number = Integer.parseInt(status.getFirst());
        if (number == 101) {
            throw new IOException("the upstream answered with status `101`");
        }
        return new AnswerHead(number, headers);
    }

    boolean isInterim() {
        return status < 200;
    }

    /** Returns the announced length of the body. Throws if there are two readings. */
    OptionalLong length() throws IOException {
        List<String> lengths = headers.stream()
                .filter(header -> header.name().equals("content-length"))
                .map(Header::value)
                .toList();
        if (lengths.isEmpty()) {
            return OptionalLong.empty();
        }
        if (lengths.size() > 1
                || !BodyFraming.LENGTH.matcher(lengths.getFirst()).matches()) {
            throw new IOException("the answer's Content-Length is not one plain number");
        }
        return OptionalLong.of(Long.parseLong(lengths.getFirst()));
    }

    private static Header header(String name, String value) throws IOException {
        if (!HeadReader.isToken(name) || name.chars().anyMatch(c -> c >= 'A' && c <= 'Z')) {
            throw new IOException("a header field's name in the upstream's answer is not valid, or not in lower case");
        }
        if (StreamHead.isOfAConnection(name)) {
            throw new IOException("the upstream's answer has a header field that HTTP/2 forbids");
        }
        if (!value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7f))) {
            throw new IOException("a header field's value in the upstream's answer contains a control character");
        }
        return new Header(name, value);
    }
}
