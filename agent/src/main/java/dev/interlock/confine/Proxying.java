package dev.interlock.confine;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What tools are told so that they ask the gateway when they mean a provider. None of it is a wall: what does not heed
 * it reaches nothing.
 */
final class Proxying {

    static final String AUTHORITY = "/run/interlock/authority.pem";
    static final String TRUST_STORE = "/run/interlock/authority.p12";

    /** Read by every Java; it says so on standard error each time. */
    static final String JAVA_OPTIONS = "JAVA_TOOL_OPTIONS";

    /** The agent's own loopback, where its own servers are, and the gateway under its own name. */
    private static final List<String> DIRECT = List.of("localhost", "127.0.0.1", "::1");

    /** Each takes a file of certificates; one tool or more hears on each. */
    private static final List<String> FILES = List.of(
            "SSL_CERT_FILE", // OpenSSL, Go, Rust, Ruby
            "CURL_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "PIP_CERT",
            "GIT_SSL_CAINFO",
            "NODE_EXTRA_CA_CERTS",
            "npm_config_cafile",
            "CARGO_HTTP_CAINFO",
            "AWS_CA_BUNDLE",
            "DENO_CERT");

    private Proxying() {}

    /**
     * All but the proxy's own address, which holds the lease and must be on no command line: {@code start.sh} sets it.
     *
     * @param javaOptions what Java is told besides
     * @param port at which the relay listens
     */
    static Map<String, String> variables(String javaOptions, int port) {
        Map<String, String> variables = new TreeMap<>();
        FILES.forEach(name -> variables.put(name, AUTHORITY));
        variables.put("NO_PROXY", String.join(",", DIRECT));
        variables.put("no_proxy", String.join(",", DIRECT));
        variables.put("NODE_USE_ENV_PROXY", "1");
        // Git would ask once without the lease, and wait for a 407, which is never said.
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
