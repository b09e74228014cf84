package dev.interlock.oauth;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.util.Optional;

/** The client that an authorization server knows; its secret may go into the form instead of a header. */
public record OAuthClient(String id, Optional<Secret> secret, boolean secretInForm) {

    private static final int MAX_ID = 1024;

    public OAuthClient {
        // RFC 6749, appendix A.1
        if (id.isEmpty() || id.length() > MAX_ID || !id.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException("the identifier of a client is 1 to " + MAX_ID + " characters of ASCII");
        }
    }

    Json.Members json() {
        return Json.object()
                .with("id", id)
                .withOptional("secret", secret.map(one -> one.<String>use(text -> text)))
                .with("secret_in_form", secretInForm);
    }

    static OAuthClient read(Json.Members fields) {
        return new OAuthClient(
                fields.text("id"), fields.optionalText("secret").map(Secret::new), fields.flag("secret_in_form"));
    }
}
