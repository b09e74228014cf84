package dev.interlock.oauth;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a person granted at an authorization server, renewed with a refresh token that only {@code endpoint} gets. Only
 * the origin {@code server} gets its access tokens; {@code resource} (RFC 8707) is empty for a server that knows none.
 * A renewed grant has another random {@code id}.
 */
public record OAuthGrant(String id, URI server, String resource, TokenEndpoint endpoint, Secret refreshToken) {

    private static final String TYPE = "interlock-oauth-grant@v1";

    public OAuthGrant with(Secret rotated) {
        return new OAuthGrant(id, server, resource, endpoint, rotated);
    }

    /** Asks for an access token; the server may replace the refresh token with that. */
    public TokenEndpoint.TokenAnswer refresh() throws IOException, InterruptedException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("grant_type", "refresh_token");
        fields.put("refresh_token", refreshToken.use(text -> text));
        if (!resource.isEmpty()) {
            fields.put("resource", resource);
        }
        return endpoint.ask(fields);
    }

    /** Returns all of it, for the vault alone: nothing else may write a secret. */
    public Json.Members json() {
        return Json.object()
                .with("type", TYPE)
                .with("id", id)
                .with("server", server.toString())
                .with("resource", resource)
                .with("token_endpoint", endpoint.address().toString())
                .with("client", endpoint.client().json())
                .with("refresh_token", refreshToken.<String>use(text -> text));
    }

    /** Reads what {@link #json} writes. */
    public static OAuthGrant read(Json.Members fields) {
        if (!fields.text("type").equals(TYPE)) {
            throw new MalformedException("not a grant of a known version");
        }
        return new OAuthGrant(
                fields.text("id"),
                URI.create(fields.text("server")),
                fields.text("resource"),
                new TokenEndpoint(URI.create(fields.text("token_endpoint")), OAuthClient.read(fields.object("client"))),
                new Secret(fields.text("refresh_token")));
    }
}
