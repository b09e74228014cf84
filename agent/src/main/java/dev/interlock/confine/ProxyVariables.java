package dev.interlock.confine;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The variables that make tools send their requests for a provider to the gateway. None of them is a wall: a tool that
 * ignores them reaches nothing.
 */
final class ProxyVariables {

    static final String AUTHORITY = "/run/interlock/authority.pem";
    static final String TRUST_STORE = "/run/interlock/authority.p12";

    /** Read by every Java program, which reports it on standard error each time. */
    static final String JAVA_OPTIONS = "JAVA_TOOL_OPTIONS";

    /** Addresses without proxy: the agent's own loopback, where its own servers are, and the gateway itself. */
    private static final List<String> DIRECT = List.of("localhost", "127.0.0.1", "::1");

    /** Variables that name a file of certificates. Each is read by one tool or more. */
    private static final List<String> FILES = List.of(
            "SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS npm_config_cafile CARGO_HTTP_CAINFO AWS_CA_BUNDLE DENO_CERT"
                    .split(" ", -1));

    private ProxyVariables() {}

    /**
     * Returns all but the proxy's address, which holds the lease and must be on no command line: {@code start.sh} sets
     * it.
     */
    static Map<String, String> variables(String javaOptions, int port) {
        Map<String, String> variables = new TreeMap<>();
        FILES.forEach(name -> variables.put(name, AUTHORITY));
        variables.put("NO_PROXY", String.join(",", DIRECT));
        variables.put("no_proxy", String.join(",", DIRECT));
        variables.put("NODE_USE_ENV_PROXY", "1");
        // Otherwise git would ask once without the lease, and wait for a 407, which never comes.
        variables.put("GIT_HTTP_PROXY_AUTHMETHOD", "basic");
        variables.put(JAVA_OPTIONS, (javaOptions + " " + String.join(" ", java(Integer.toString(port)))).strip());
        return variables;
    }

    private static List<String> java(String port) {
        return List.of(
                "-Djavax.net.ssl.trustStore=" + TRUST_STORE,
                "-Djavax.net.ssl.trustStoreType=PKCS12",
                "-Djavax.net.ssl.trustStorePassword=interlock",
                "-Dhttp.proxyHost=127.0.0.1",
                "-Dhttp.proxyPort=" + port,
                "-Dhttps.proxyHost=127.0.0.1",
                "-Dhttps.proxyPort=" + port,
                "-Dhttp.nonProxyHosts=localhost|127.*|[::1]");
    }
}
