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

    /**
     * Addresses without proxy: the agent's own loopback, where its own servers are, and the gateway itself. Node
     * compares the last with its brackets, others without.
     */
    private static final List<String> DIRECT = List.of("localhost", "127.0.0.1", "::1", "[::1]");

    /** Variables that name a file of certificates. Each is read by one tool or more. */
    private static final List<String> FILES = List.of(
            "SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS npm_config_cafile CARGO_HTTP_CAINFO AWS_CA_BUNDLE DENO_CERT BUNDLE_SSL_CA_CERT GRPC_DEFAULT_SSL_ROOTS_FILE_PATH HEX_CACERTS_PATH NIX_SSL_CERT_FILE YARN_HTTPS_CA_FILE_PATH"
                    .split(" ", -1));

    /** How addresses of SSH, which leads nowhere inside, begin. Git asks by HTTPS instead, which the gateway serves. */
    private static final List<String> SSH_ADDRESSES = List.of("git@github.com:", "ssh://git@github.com/");

    private ProxyVariables() {}

    /** Returns all but the proxy's address, which {@code start.sh} sets. */
    static Map<String, String> variables(String javaOptions, int port) {
        Map<String, String> variables = new TreeMap<>();
        FILES.forEach(name -> variables.put(name, AUTHORITY));
        variables.put("NO_PROXY", String.join(",", DIRECT));
        variables.put("no_proxy", String.join(",", DIRECT));
        variables.put("NODE_USE_ENV_PROXY", "1");
        variables.put("GIT_CONFIG_COUNT", Integer.toString(SSH_ADDRESSES.size()));
        for (int i = 0; i < SSH_ADDRESSES.size(); i++) {
            variables.put("GIT_CONFIG_KEY_" + i, "url.https://github.com/.insteadOf");
            variables.put("GIT_CONFIG_VALUE_" + i, SSH_ADDRESSES.get(i));
        }
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
                "-Dhttp.nonProxyHosts=localhost|127.*|[::1]",
                // Without one of these, Maven from 3.9 on heeds nothing of the above.
                "-Daether.connector.http.useSystemProperties=true",
                "-Daether.transport.apache.useSystemProperties=true");
    }
}
