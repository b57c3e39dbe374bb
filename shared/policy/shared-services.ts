/**
 * Services whose signature, envelope sender or seal every customer has: it proves the service, not the sender. A few that
 * are met most; a list can never be whole, so nothing but warnings come of it.
 */

const SERVICES: Readonly<Record<string, string>> = {
  'amazonses.com': 'Amazon SES',
  'fastmail.com': 'Fastmail',
  'gappssmtp.com': 'Google Workspace',
  'gmail.com': 'Gmail',
  'google.com': 'Google',
  'googlegroups.com': 'Google Groups',
  'hotmail.com': 'Outlook.com',
  'icloud.com': 'iCloud',
  'mailchimpapp.net': 'Mailchimp',
  'mailgun.org': 'Mailgun',
  'mandrillapp.com': 'Mandrill',
  'mcsv.net': 'Mailchimp',
  'messagingengine.com': 'Fastmail',
  'microsoft.com': 'Microsoft 365',
  'onmicrosoft.com': 'Microsoft 365',
  'outlook.com': 'Microsoft 365',
  'sendgrid.net': 'SendGrid',
  'sparkpostmail.com': 'SparkPost',
  'yahoo.com': 'Yahoo',
  'zoho.com': 'Zoho',
};

/** The service that the domain itself belongs to. A name below it is often one customer's own, and is not told. */
export function sharedService(domain: string): string | undefined {
  return Object.hasOwn(SERVICES, domain) ? SERVICES[domain] : undefined;
}
