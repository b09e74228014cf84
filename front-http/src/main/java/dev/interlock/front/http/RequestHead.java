package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.front.git.PushAdmission;
import java.util.List;

/** A request line and its header fields, exactly as they came, with names in lower case. */
record RequestHead(String method, String target, List<Header> headers) {

    RequestHead {
        headers = List.copyOf(headers);
    }

    /** Returns all values of header {@code name} (lower case), in order. */
    List<String> values(String name) {
        return headers.stream()
                .filter(h -> h.name().equals(name))
                .map(Header::value)
                .toList();
    }

    boolean has(String name) {
        return headers.stream().anyMatch(h -> h.name().equals(name));
    }

    /** Returns whether it may begin a push by Git. */
    boolean mayBePush() {
        return PushAdmission.mayBePush(method, target, String.join(",", values("content-type")));
    }
}
