/** Verifies what the gateway wrote, without trusting the gateway. It needs the JDK and nothing else. */
module dev.interlock.evidence {
    requires jdk.httpserver;
    requires static org.jspecify;

    exports dev.interlock.evidence;
}
