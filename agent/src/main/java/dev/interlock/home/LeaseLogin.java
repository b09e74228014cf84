package dev.interlock.home;

/**
 * How an agent gets its lease in the place of its login. Both lines are of the shell.
 *
 * @param asKey if the gateway has an API key
 * @param asSubscription if the gateway has the token of a subscription, whose requests the agent makes in another form
 * @param overriding the settings that the agent would take before the lease
 */
record LeaseLogin(String asKey, String asSubscription, LoginSettings overriding) {

    /** Returns a login that has one form alone. */
    static LeaseLogin always(String line) {
        return new LeaseLogin(line, line, LoginSettings.NONE);
    }

    /** Returns whether it depends on what the gateway has. */
    boolean hasTwoForms() {
        return !asKey.equals(asSubscription);
    }

    /** @param subscription whether the gateway has the token of a subscription */
    String line(boolean subscription) {
        return subscription ? asSubscription : asKey;
    }
}
