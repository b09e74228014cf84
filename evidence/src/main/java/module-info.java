/** What a stranger needs to check the gateway's word: the JDK and nothing else. */
module dev.interlock.evidence {
    requires static org.jspecify;

    exports dev.interlock.evidence;
}
